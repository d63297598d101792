import { invalid, type Settings } from './connection-text.ts'

/** psql's setting → the environment variable that gives it when nothing else does. */
export const settingVariables: Readonly<Record<string, string | undefined>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  sslpassword: undefined,
  fallback_application_name: undefined,
}

/** Known to psql, and of no consequence here: what they would change is fixed, or only an optimisation. */
const withoutEffect = new Set([
  'client_encoding',
  'gssdelegation',
  'gsslib',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'max_protocol_version',
  'min_protocol_version',
  'replication',
  'sslcompression',
  'ssl_max_protocol_version',
  'sslkeylogfile',
  'tcp_user_timeout',
])

/** Refuses settings that psql does not know, and those that promise a protection which is not given here. */
export function checkSettings(settings: Settings): void {
  for (const [name, value] of settings) {
    if (name in settingVariables || withoutEffect.has(name)) continue
    if (name === 'gssencmode' && value !== 'require') continue
    if (name === 'sslcertmode' && value === 'allow') continue
    const known = [...Object.keys(settingVariables), ...withoutEffect].find(
      (one) => one.replaceAll('_', '') === name.toLowerCase().replaceAll(/[-_]/g, ''),
    )
    if (known !== undefined) throw invalid(`there is no setting ${name}`, `write it ${known}`)
    const isPsqls = ['gssencmode', 'requirepeer', 'sslcrldir', 'sslcertmode', 'oauth_issuer'].includes(name)
    throw invalid(`the setting ${name} is not ${isPsqls ? 'possible here' : 'known'}`)
  }
}
