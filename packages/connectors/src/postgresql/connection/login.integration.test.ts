/** Who is let in, how, and what is said to those who are not; against a real server with many kinds of lines in pg_hba.conf. */
import { createPrivateKey } from 'node:crypto'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import { type ConnectOptions, connectPostgres } from './connect.ts'
import { parsePostgresTarget } from './parse-target.ts'
import { sqlStateOf } from './server-error.ts'

const ctx = quietContext()
const home = mkdtempSync(join(tmpdir(), 'holdfast-login-'))
let server: PostgresServer

const hba = [
  'host all trusted 127.0.0.1/32 trust',
  'host replication trusted 127.0.0.1/32 trust',
  'host all clear 127.0.0.1/32 password',
  'host all old 127.0.0.1/32 md5',
  'host all,replication modern,ünïcode,expired 127.0.0.1/32 scram-sha-256',
  'hostssl all certified 127.0.0.1/32 cert',
  'hostssl all covered 127.0.0.1/32 scram-sha-256',
  'hostssl all demanding 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
  'hostnossl all bare 127.0.0.1/32 scram-sha-256',
  'local all peerless peer',
  'host all rejected 127.0.0.1/32 reject',
]

beforeAll(async () => {
  server = await startPostgres({
    hba,
    tls: 'sha256',
    settings: { max_wal_senders: 2, max_connections: 10, superuser_reserved_connections: 3 },
  })
  const nfd = '비밀번호 ª'.normalize('NFD')
  await server.sql(`
    CREATE ROLE trusted LOGIN; CREATE ROLE nologin; CREATE ROLE peerless LOGIN; CREATE ROLE rejected LOGIN;
    CREATE ROLE clear LOGIN PASSWORD 'secret'; CREATE ROLE covered LOGIN PASSWORD 'secret'; CREATE ROLE bare LOGIN PASSWORD 'secret';
    CREATE ROLE demanding LOGIN PASSWORD 'secret'; CREATE ROLE certified LOGIN;
    CREATE ROLE modern LOGIN REPLICATION PASSWORD 'secret'; CREATE ROLE "ünïcode" LOGIN PASSWORD '${nfd}';
    CREATE ROLE expired LOGIN PASSWORD 'secret' VALID UNTIL '2001-01-01';
    SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 'secret'`)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(home, { recursive: true })
})

/** Logs in with a connection text for this server; returns the role and whether the session is encrypted. */
async function logIn(text: string, options: ConnectOptions = {}): Promise<string> {
  const where = text.includes('host=') ? '' : 'host=127.0.0.1'
  const target = parsePostgresTarget(
    `${where} port=${server.port} dbname=postgres ${text}`,
    { variable: () => undefined, homeDirectory: home, userName: 'nobody' },
    ctx,
  )
  await using connection = await connectPostgres(target, options, ctx)
  if (options.replication !== undefined) return 'replication'
  const sql = 'SELECT session_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
  const [result] = await connection.query(sql, ctx)
  const [user, ssl] = result?.rows[0] ?? []
  return `${user}${ssl === 't' ? ' encrypted' : ''}`
}

async function refusal(
  text: string,
  options: ConnectOptions = {},
): Promise<{ code: string; hint: string; message: string; state: string }> {
  try {
    await logIn(text, options)
  } catch (error) {
    if (!isAppError(error)) throw error
    return { code: error.code, hint: error.hint, message: error.message, state: sqlStateOf(error) ?? '' }
  }
  throw new Error(`${text} was let in`)
}

describe('a login', () => {
  it.each(['trusted', 'clear', 'old', 'modern'])('succeeds for the role %s, encrypted or not', async (role) => {
    expect(await logIn(`user=${role} password=secret sslmode=disable`)).toBe(role)
    expect(await logIn(`user=${role} password=secret`)).toBe(`${role} encrypted`)
  })

  it('succeeds with a password whose characters are composed another way than on the server', async () => {
    const password = '비밀번호 a'.normalize('NFC')
    expect(await logIn(`user=ünïcode password='${password}'`)).toBe('ünïcode encrypted')
  })

  it('binds itself to the TLS connection when that is required', async () => {
    expect(await logIn('user=modern password=secret channel_binding=require')).toBe('modern encrypted')
    expect(await logIn('user=modern password=secret channel_binding=disable')).toBe('modern encrypted')
    for (const text of [
      'user=modern password=secret sslmode=disable',
      'user=old password=secret',
      'user=clear password=secret',
      'user=trusted',
    ]) {
      expect(await refusal(`${text} channel_binding=require`)).toMatchObject({ code: 'POSTGRES_SERVER_NOT_GENUINE' })
    }
  })

  it('is refused for methods that are not permitted, before a password is sent', async () => {
    for (const text of ['user=clear password=secret', 'user=old password=secret', 'user=trusted']) {
      expect(await refusal(`${text} require_auth=scram-sha-256`)).toMatchObject({
        code: 'POSTGRES_AUTHENTICATION_UNSUPPORTED',
        message: expect.stringContaining('require_auth'),
      })
    }
    expect(await logIn('user=modern password=secret require_auth=scram-sha-256')).toBe('modern encrypted')
    expect(await logIn('user=trusted require_auth=none')).toBe('trusted encrypted')
  })

  it('finds its password in the password file, for replication too', async () => {
    writeFileSync(join(home, '.pgpass'), `127.0.0.1:${server.port}:*:modern:secret\n`, { mode: 0o600 })
    expect(await logIn('user=modern')).toBe('modern encrypted')
    expect(await logIn('user=modern', { replication: 'physical' })).toBe('replication')
    rmSync(join(home, '.pgpass'))
    expect(await refusal('user=modern')).toMatchObject({
      code: 'POSTGRES_PASSWORD_MISSING',
      hint: expect.stringContaining(`127.0.0.1:${server.port}:*:modern:<password>`),
    })
  })

  it.each(['clear', 'old', 'modern'])('says that the password of %s is wrong', async (role) => {
    expect(await refusal(`user=${role} password=wrong`)).toMatchObject({
      code: 'POSTGRES_PASSWORD_WRONG',
      state: '28P01',
    })
  })

  it('says what is wrong with the role or the database', async () => {
    expect(await refusal('user=expired password=secret')).toMatchObject({ code: 'POSTGRES_PASSWORD_WRONG' })
    expect(await refusal('user=trusted dbname=missing')).toMatchObject({
      code: 'POSTGRES_DATABASE_UNKNOWN',
      state: '3D000',
    })
    expect(await refusal('user=modern password=secret dbname=missing')).toMatchObject({
      code: 'POSTGRES_DATABASE_UNKNOWN',
    })
    await server.sql('ALTER ROLE trusted NOLOGIN')
    const closed = await refusal('user=trusted')
    await server.sql('ALTER ROLE trusted LOGIN')
    expect(closed).toMatchObject({
      code: 'POSTGRES_LOGIN_REFUSED',
      hint: expect.stringContaining('ALTER ROLE "trusted" LOGIN'),
    })
  })

  it('names the missing line of pg_hba.conf', async () => {
    const missing = await refusal('user=nobody')
    expect(missing.code).toBe('POSTGRES_NOT_ADMITTED')
    expect(missing.hint).toContain('"host postgres nobody 127.0.0.1/32 scram-sha-256"')
    const replication = await refusal('user=covered password=secret', { replication: 'physical' })
    expect(replication.hint).toContain('"host replication covered 127.0.0.1/32 scram-sha-256"')
    expect(await refusal('user=rejected')).toMatchObject({ code: 'POSTGRES_NOT_ADMITTED' })
    const socket = await refusal(`user=nobody host=${server.socketDirectory}`)
    expect(socket.hint).toContain('"local postgres nobody scram-sha-256"')
  })

  it('says when the operating system decides instead of a password', async () => {
    expect(await refusal(`user=peerless host=${server.socketDirectory}`)).toMatchObject({
      code: 'POSTGRES_LOGIN_REFUSED',
      state: '28000',
    })
  })

  it('says which privilege is missing for replication', async () => {
    const error = await refusal('user=trusted', { replication: 'physical' })
    expect(error).toMatchObject({
      code: 'POSTGRES_PRIVILEGE_MISSING',
      state: '42501',
      hint: 'Run ALTER ROLE "trusted" REPLICATION; as a superuser.',
    })
  })

  it('says that no WAL sender or no connection is free', async () => {
    const text = 'user=modern password=secret sslmode=disable'
    await using first = await connectPostgres(server.target(), { replication: 'physical' }, ctx)
    await using second = await connectPostgres(server.target(), { replication: 'physical' }, ctx)
    expect(await refusal(text, { replication: 'physical' })).toMatchObject({
      code: 'POSTGRES_WAL_SENDERS_EXHAUSTED',
      state: '53300',
    })
    expect([first.host, second.host]).toHaveLength(2)
    const open = await Promise.all(Array.from({ length: 7 }, () => connectPostgres(server.target(), {}, ctx)))
    expect(await refusal(text)).toMatchObject({ code: 'POSTGRES_CONNECTIONS_EXHAUSTED', state: '53300' })
    for (const connection of open) await connection[Symbol.asyncDispose]()
  })
})

describe('TLS', () => {
  const root = (): string => server.certificates.root

  it('is used where the server demands it, and left where it forbids it', async () => {
    expect(await logIn('user=covered password=secret sslmode=prefer')).toBe('covered encrypted')
    expect(await logIn('user=covered password=secret sslmode=allow')).toBe('covered encrypted')
    expect(await logIn('user=bare password=secret sslmode=prefer')).toBe('bare')
    const refused = await refusal('user=covered password=secret sslmode=disable')
    expect(refused).toMatchObject({ code: 'POSTGRES_NOT_ADMITTED', hint: expect.stringContaining('sslmode=require') })
    expect(await refusal('user=bare password=secret sslmode=require')).toMatchObject({ code: 'POSTGRES_NOT_ADMITTED' })
  })

  it('is not attempted over a Unix socket', async () => {
    expect(await logIn(`user=postgres host=${server.socketDirectory} sslmode=require`)).toBe('postgres')
  })

  it('verifies the certificate and the name in it', async () => {
    const login = 'user=modern password=secret'
    expect(await logIn(`${login} sslmode=verify-full sslrootcert=${root()}`)).toBe('modern encrypted')
    expect(await logIn(`${login} host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=${root()}`)).toBe(
      'modern encrypted',
    )
    const misnamed = `${login} host=db.example hostaddr=127.0.0.1 sslrootcert=${root()}`
    expect(await logIn(`${misnamed} sslmode=verify-ca`)).toBe('modern encrypted')
    expect(await refusal(`${misnamed} sslmode=verify-full`)).toMatchObject({
      code: 'POSTGRES_TLS_UNTRUSTED',
      message: expect.stringMatching(/: it is for DNS:localhost, IP Address:127\.0\.0\.1, not for db\.example$/),
    })
    expect(await refusal(`${login} sslmode=verify-full sslrootcert=system`)).toMatchObject({
      code: 'POSTGRES_TLS_UNTRUSTED',
    })
  })

  it('verifies also with sslmode=require as soon as an authority is named', async () => {
    await using other = await startPostgres({ tls: 'sha384' })
    const stranger = other.certificates.root
    expect(await refusal(`user=modern password=secret sslmode=require sslrootcert=${stranger}`)).toMatchObject({
      code: 'POSTGRES_TLS_UNTRUSTED',
    })
    await other.sql("CREATE ROLE bound LOGIN PASSWORD 'secret'")
    writeFileSync(
      join(other.dataDirectory, 'pg_hba.conf'),
      'local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
    )
    await other.sql('SELECT pg_reload_conf()')
    const text = `host=127.0.0.1 port=${other.port} dbname=postgres user=bound password=secret channel_binding=require`
    const target = parsePostgresTarget(text, { variable: () => undefined, homeDirectory: home, userName: 'x' }, ctx)
    // A certificate signed with SHA-384 is bound to by SHA-384.
    await using connection = await connectPostgres(target, {}, ctx)
    expect(await connection.query('SELECT 1', ctx)).toHaveLength(1)
  })

  it('says which file is missing or unusable', async () => {
    const text = 'user=modern password=secret sslmode'
    expect(await refusal(`${text}=verify-full`)).toMatchObject({
      code: 'POSTGRES_TLS_FILE_UNUSABLE',
      hint: expect.stringContaining('sslrootcert'),
    })
    expect(await refusal(`${text}=require sslrootcert=${home}/none.crt`)).toMatchObject({
      code: 'POSTGRES_TLS_FILE_UNUSABLE',
      message: expect.stringContaining('does not exist'),
    })
    writeFileSync(join(home, 'rubbish.crt'), 'no certificate')
    expect(await refusal(`${text}=verify-ca sslrootcert=${home}/rubbish.crt`)).toMatchObject({
      code: 'POSTGRES_TLS_FILE_UNUSABLE',
      message: expect.stringContaining('no certificate in PEM'),
    })
  })

  it('says that a key is encrypted, has another password, or belongs to another certificate', async () => {
    const { certificate, key } = await server.certificates.client('certified')
    const encrypted = join(home, 'encrypted.key')
    const secret = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'sesame' } as const
    writeFileSync(encrypted, createPrivateKey(readFileSync(key)).export(secret), { mode: 0o600 })
    const text = `user=certified sslmode=require sslcert=${certificate} sslkey=${encrypted}`
    expect(await logIn(`${text} sslpassword=sesame`)).toBe('certified encrypted')
    const other = (await server.certificates.client('other')).key
    const rubbish = join(home, 'rubbish.key')
    writeFileSync(rubbish, 'no key', { mode: 0o600 })
    for (const [connection, reason] of [
      [text, 'sslpassword'],
      [`${text} sslpassword=wrong`, 'sslpassword is wrong'],
      [text.replace(encrypted, other), `not the key of ${certificate}`],
      [text.replace(encrypted, rubbish), 'no private key in PEM'],
    ] as const) {
      const expected = { code: 'POSTGRES_TLS_FILE_UNUSABLE', message: expect.stringContaining(reason) }
      expect(await refusal(connection)).toMatchObject(expected)
    }
  })

  it('logs in by certificate, and says when one is needed or its key is open to others', async () => {
    const { certificate, key } = await server.certificates.client('certified')
    const text = `user=certified sslmode=require sslcert=${certificate} sslkey=${key}`
    expect(await logIn(text)).toBe('certified encrypted')
    expect((await refusal('user=certified sslmode=require')).code).toBe('POSTGRES_LOGIN_REFUSED')
    expect(await refusal('user=demanding password=secret sslmode=require')).toMatchObject({
      code: 'POSTGRES_LOGIN_REFUSED',
      hint: expect.stringContaining('sslcert='),
    })
    expect((await refusal(text.replace('user=certified', 'user=certified require_auth=md5'))).code).toBe(
      'POSTGRES_AUTHENTICATION_UNSUPPORTED',
    )
    const open = join(home, 'open.key')
    copyFileSync(key, open)
    chmodSync(open, 0o644)
    expect(await refusal(text.replace(key, open))).toMatchObject({
      code: 'POSTGRES_TLS_FILE_UNUSABLE',
      hint: expect.stringContaining('chmod 600'),
    })
  })

  it('is missed where the server has none', async () => {
    await using plain = await startPostgres()
    expect(await refusal(`user=postgres sslmode=require port=${plain.port}`)).toMatchObject({
      code: 'POSTGRES_TLS_REFUSED',
    })
    const text = `host=127.0.0.1 user=postgres sslmode=prefer port=${plain.port}`
    const target = parsePostgresTarget(text, { variable: () => undefined, homeDirectory: home, userName: 'x' }, ctx)
    await using connection = await connectPostgres(target, {}, ctx)
    expect(connection.host).toBe(`127.0.0.1:${plain.port}`)
  })

  it('starts at the first byte where the server takes it', async () => {
    await using modern = await startPostgres({ major: 18, tls: 'sha256' })
    const text = `host=localhost hostaddr=127.0.0.1 port=${modern.port} user=postgres sslnegotiation=direct sslmode=verify-full sslrootcert=${modern.certificates.root}`
    const target = parsePostgresTarget(text, { variable: () => undefined, homeDirectory: home, userName: 'x' }, ctx)
    await using connection = await connectPostgres(target, {}, ctx)
    const [result] = await connection.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', ctx)
    expect(result?.rows).toEqual([['t']])
  })
})
