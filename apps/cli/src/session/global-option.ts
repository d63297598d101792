import { parseDurationMs } from '@holdfast/core/units/duration'
import { counted, flag, oneOf, type OptionValues, several, single } from '../argument/option.ts'
import { readAssignment, readWhole } from '../argument/read-value.ts'

/** Options that every command takes, before or after its name. */
export const globalOptions = {
  repo: single({
    short: 'r',
    placeholder: '<location>',
    help: 'Repository: a path, s3:https://host/bucket/prefix or rest:https://host/path/.',
    fallback: '$HOLDFAST_REPOSITORY',
  }),
  repositoryFile: single({
    placeholder: '<file>',
    help: 'Read the location of the repository from a file.',
    fallback: '$HOLDFAST_REPOSITORY_FILE',
    completes: 'file',
  }),
  passwordFile: single({
    short: 'p',
    placeholder: '<file>',
    help: 'Read the password of the repository from a file.',
    fallback: '$HOLDFAST_PASSWORD_FILE',
    completes: 'file',
  }),
  passwordCommand: single({
    placeholder: '<command>',
    help: 'Command that prints the password of the repository.',
    fallback: '$HOLDFAST_PASSWORD_COMMAND',
  }),
  insecureNoPassword: flag({ help: 'The repository has an empty password (insecure).' }),
  keyHint: single({ placeholder: '<id>', help: 'Try this key first.', variable: 'KEY_HINT' }),
  config: single({
    placeholder: '<file>',
    help: 'The configuration, for commands that work with one.',
    fallback: '$HOLDFAST_CONFIG, else ./holdfast.yaml, else /etc/holdfast/holdfast.yaml',
    completes: 'file',
  }),
  json: flag({ help: 'Print JSON: one object a line.' }),
  quiet: flag({ short: 'q', help: 'Print nothing but results and errors.' }),
  verbose: counted({ short: 'v', help: 'Print more; twice for every file.' }),
  noLock: flag({ help: 'Do not lock the repository; for reading from a read-only place.' }),
  retryLock: single(
    {
      placeholder: '<duration>',
      help: 'Wait this long for a locked repository, such as 5m or 2h.',
      fallback: 'do not wait',
    },
    parseDurationMs,
  ),
  noCache: flag({ help: 'Keep no local cache.' }),
  cacheDir: single({
    placeholder: '<directory>',
    help: 'Directory of the local cache.',
    fallback: '~/.cache/holdfast',
    variable: 'CACHE_DIR',
    completes: 'directory',
  }),
  limitUpload: single({ placeholder: '<KiB/s>', help: 'Limit of the upload rate.', fallback: 'none' }, readWhole(1)),
  limitDownload: single(
    { placeholder: '<KiB/s>', help: 'Limit of the download rate.', fallback: 'none' },
    readWhole(1),
  ),
  option: several(
    {
      short: 'o',
      placeholder: '<key=value>',
      help: 'Setting of a storage backend, such as s3.storage-class=STANDARD_IA.',
    },
    readAssignment,
  ),
  cacert: single({
    placeholder: '<file>',
    help: 'Certificates to trust instead of the built-in ones.',
    variable: 'CACERT',
    completes: 'file',
  }),
  tlsClientCert: single({
    placeholder: '<file>',
    help: 'PEM file with the client certificate and its private key.',
    variable: 'TLS_CLIENT_CERT',
    completes: 'file',
  }),
  insecureTls: flag({ help: 'Do not verify the certificate of the server (insecure).' }),
  compression: oneOf({
    placeholder: '<mode>',
    help: 'auto, off, fastest, better or max.',
    fallback: 'auto',
    variable: 'COMPRESSION',
    choices: ['auto', 'off', 'fastest', 'better', 'max'],
  }),
  packSize: single(
    { placeholder: '<MiB>', help: 'Size that packs are filled to, 4 to 128.', fallback: '16', variable: 'PACK_SIZE' },
    readWhole(4),
  ),
  help: flag({ short: 'h', help: 'Show the help of a command.' }),
}

export type GlobalValues = OptionValues<typeof globalOptions>
