import { delimiter, join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { isExecutable } from '../../process/is-executable.ts'
import { commandAt, describePlace, type ProgramPlace } from '../../process/program-place.ts'
import { runProgram } from '../../process/running-program.ts'
import type { ServerVersion } from '../connection/server-version.ts'

/** What a program is for; each family has its own names. */
export type MysqlToolKind = 'dump' | 'client' | 'binlog' | 'physical' | 'server' | 'install'

/** Where client programs run, and where they are looked for. */
export interface MysqlClientPlace {
  readonly place: ProgramPlace
  /** directories looked at first, and the value of PATH */
  readonly binaries: { readonly directories: readonly string[]; readonly path: string }
  /** environment of the tool that leads into a container: PATH, HOME, DOCKER_HOST … */
  readonly outerVariables: Readonly<Record<string, string>>
}

export interface MysqlTool {
  /** what to start in its place */
  readonly program: string
  readonly family: ServerVersion['family']
  /** "10.11.19" */
  readonly version: string
}

const names: Readonly<Record<MysqlToolKind, Readonly<Record<ServerVersion['family'], readonly string[]>>>> = {
  dump: { mariadb: ['mariadb-dump', 'mysqldump'], mysql: ['mysqldump'] },
  client: { mariadb: ['mariadb', 'mysql'], mysql: ['mysql'] },
  binlog: { mariadb: ['mariadb-binlog', 'mysqlbinlog'], mysql: ['mysqlbinlog'] },
  physical: { mariadb: ['mariadb-backup', 'mariabackup'], mysql: ['xtrabackup'] },
  server: { mariadb: ['mariadbd', 'mysqld'], mysql: ['mysqld'] },
  install: { mariadb: ['mariadb-install-db', 'mysql_install_db'], mysql: [] },
}

/** Servers lie where ordinary users have no PATH to. */
const serverDirectories = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin']

/**
 * The program of a server's family: a dump of MySQL by MariaDB's tool, or the reverse, lacks what the other family does not
 * know. Fails with MYSQL_TOOL_MISSING.
 */
export async function findMysqlTool(
  kind: MysqlToolKind,
  family: ServerVersion['family'],
  where: MysqlClientPlace,
  ctx: Context,
): Promise<MysqlTool> {
  const found: string[] = []
  for (const name of names[kind][family]) {
    for (const program of await candidates(name, kind, where)) {
      const tool = await inspect(program, kind, where, ctx)
      if (tool !== undefined && tool.family === family) return tool
      if (tool !== undefined)
        found.push(`${program} is ${tool.family === 'mariadb' ? 'MariaDB' : 'MySQL'} ${tool.version}`)
    }
  }
  throw new AppError('MYSQL_TOOL_MISSING', {
    program: names[kind][family].join(' or '),
    place: describePlace(where.place),
    found: found.length === 0 ? 'there is none' : [...new Set(found)].join(', '),
  })
}

async function candidates(name: string, kind: MysqlToolKind, { place, binaries }: MysqlClientPlace): Promise<string[]> {
  if (place.type !== 'local') return [name]
  const own = kind === 'server' || kind === 'install' ? serverDirectories : []
  const directories = [...binaries.directories, ...binaries.path.split(delimiter).filter((one) => one !== ''), ...own]
  const paths: string[] = []
  for (const path of new Set(directories.map((directory) => join(directory, name)))) {
    if (await isExecutable(path)) paths.push(path)
  }
  return paths
}

async function inspect(
  program: string,
  kind: MysqlToolKind,
  where: MysqlClientPlace,
  ctx: Context,
): Promise<MysqlTool | undefined> {
  // a script that tells no version
  if (kind === 'install') return { program, family: 'mariadb', version: '' }
  const call = { program, arguments: ['--version'], variables: {} }
  const { output, diagnostics } = await runProgram(
    commandAt(where.place, call, where.outerVariables),
    { silenceLimitMs: 60_000 },
    ctx,
  )
  // mariadb-backup tells it on standard error
  return readToolVersion(program, `${output.toString('utf8')} ${diagnostics.join(' ')}`)
}

/** "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, …", "mysqldump  Ver 8.0.36 for Linux …", "mariadb-binlog Ver 3.5 for …" */
export function readToolVersion(program: string, text: string): MysqlTool | undefined {
  const mariadb = /(\d+\.\d+\.\d+)-MariaDB/.exec(text)?.[1]
  if (mariadb !== undefined) return { program, family: 'mariadb', version: mariadb }
  const plain = /(?:Ver|version) (\d+\.\d+(?:\.\d+)?)/i.exec(text)?.[1]
  if (plain === undefined) return undefined
  // MariaDB's log reader tells a version of its own, but always its name
  const isMariadb = /^(?:\S*\/)?mariadb/.test(program) || /^mariadb/m.test(text.trim()) || /Ver 3\.\d for/.test(text)
  return { program, family: isMariadb ? 'mariadb' : 'mysql', version: plain }
}
