import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makePassingDirectory } from '../../process/passing-directory.ts'
import { commandAt, type ProgramCall, type ProgramCommand, type ProgramPlace } from '../../process/program-place.ts'
import { optionFileLine } from '../connection/option-file-text.ts'
import type { MysqlTarget, MysqlTls } from '../connection/target.ts'
import type { MysqlClientPlace, MysqlTool } from './mysql-tool.ts'

/** How a client program is started; its option file goes when this is disposed of. */
export interface ClientCommand extends AsyncDisposable {
  readonly command: ProgramCommand
}

/** Becomes the program when it is given a line: what takes time to start is there already when it is wanted. */
const untilTold = 'IFS= read -r told && exec "$@"'

/**
 * A client program told of the server by an option file that only this user may read, so that no secret stands in the list
 * of processes and no option file of the machine changes what it does. In a container, where there is no such file, the
 * password comes by the environment and the server is the container's own. `waits`: it begins when a line comes by its
 * standard input.
 */
export async function clientCommand(
  tool: MysqlTool,
  args: readonly string[],
  target: MysqlTarget,
  where: MysqlClientPlace,
  { waits = false }: { readonly waits?: boolean } = {},
): Promise<ClientCommand> {
  const place = (call: ProgramCall): ProgramCommand => {
    return commandAt(where.place, waits ? waiting(call, where.place) : call, where.outerVariables)
  }
  const environment = { LC_ALL: 'C', TZ: 'UTC' }
  if (where.place.type !== 'local') {
    const server = ['--no-defaults', '--host=127.0.0.1', '--port=3306', '--protocol=tcp', `--user=${target.user}`]
    const variables = { ...environment, ...(target.password === undefined ? {} : { MYSQL_PWD: target.password }) }
    const call = { program: tool.program, arguments: [...server, ...args], variables }
    return { command: place(call), [Symbol.asyncDispose]: async () => {} }
  }
  const directory = await makePassingDirectory('holdfast-mysql-')
  try {
    const file = join(directory, 'client.cnf')
    await writeFile(file, optionFile(tool, target), { mode: 0o600 })
    const call = { program: tool.program, arguments: [`--defaults-file=${file}`, ...args], variables: environment }
    return {
      command: place(call),
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

function waiting({ program, arguments: given, variables }: ProgramCall, { type }: ProgramPlace): ProgramCall {
  const shell = type === 'local' ? '/bin/sh' : 'sh'
  return { program: shell, arguments: ['-c', untilTold, 'sh', program, ...given], variables }
}

function optionFile({ family }: MysqlTool, { host, port, socket, user, password, tls }: MysqlTarget): string {
  const place =
    socket === undefined
      ? [optionFileLine('host', host), optionFileLine('port', String(port)), optionFileLine('protocol', 'tcp')]
      : [optionFileLine('socket', socket)]
  const secret = password === undefined ? [] : [optionFileLine('password', password)]
  const authority = tls.authority === undefined ? [] : [optionFileLine('ssl-ca', tls.authority)]
  const isVerified = tls.mode === 'verify-ca' || tls.mode === 'verify-identity'
  const mariadbTls = mariadbTlsLines(tls)
  // without TLS a password may need the server's key, as the driver asks for it too
  const mysqlTls = [
    optionFileLine('ssl-mode', tls.mode.toUpperCase().replace('-', '_')),
    ...(isVerified ? [] : ['loose-get-server-public-key\n']),
  ]
  return [
    '[client]\n',
    ...place,
    optionFileLine('user', user),
    ...secret,
    ...authority,
    ...(family === 'mariadb' ? mariadbTls : mysqlTls),
  ].join('')
}

/**
 * Without a word of it, older programs compare nothing and newer ones the name. The authority alone is compared when it is
 * named and the name is not to be.
 */
function mariadbTlsLines({ mode, authority }: MysqlTls): string[] {
  switch (mode) {
    case 'disabled':
      return ['skip-ssl\n']
    case 'verify-identity':
      return ['ssl-verify-server-cert\n']
    case 'verify-ca':
      return authority === undefined ? ['ssl-verify-server-cert\n'] : []
    case 'preferred':
    case 'required':
      return ['skip-ssl-verify-server-cert\n']
  }
}

const longestLine = 400

/** The sentence of a failure: how it ended, and what it said. */
export function describeFailure(failure: string | undefined, diagnostics: readonly string[]): string {
  const said = withoutStatements(diagnostics)
    .filter((line) => !isNotice(line))
    .map((line) => shorten(line.replace(/^\S*(?:mysql|mariadb)\S*: /, '')))
    .slice(0, 5)
  return [failure ?? 'it reports errors', ...said].join('; ')
}

/** Newer clients repeat the statement that failed between two rules: it may hold rows, which are nobody's business. */
function withoutStatements(diagnostics: readonly string[]): readonly string[] {
  let isStatement = false
  const said = diagnostics.filter((line) => {
    const isRule = /^-{10,}$/.test(line.trim())
    if (isRule) isStatement = !isStatement
    return !isRule && !isStatement && line.trim() !== ''
  })
  const errors = said.filter((line) => /^ERROR \d/.test(line))
  return errors.length > 0 ? errors : said
}

function shorten(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
}

/** What the programs say although all is well. */
export function isNotice(line: string): boolean {
  return /Using a password on the command line|^WARNING: option|^-- (?:Warning|Connecting|Retrieving|Sending)|^Warning: A partial dump from a server that has GTIDs/i.test(
    line,
  )
}
