import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { runProgram } from '../../process/running-program.ts'

/** A server out of a container image, instead of programs of this machine. */
export interface ContainerImage {
  /** "postgres:15" */
  readonly name: string
  /** environment of the program docker: PATH, HOME, DOCKER_HOST … */
  readonly variables: Readonly<Record<string, string>>
}

/**
 * The version of the server in an image: "15.18". Fails with POSTGRES_IMAGE_UNUSABLE when there is no engine, no image, or
 * another major version in it.
 */
export async function serverVersionIn(
  { name, variables }: ContainerImage,
  major: number,
  ctx: Context,
): Promise<string> {
  if (!/^[\w.][\w./:@-]*$/.test(name)) throw unusable(name, major, 'that is no name of an image')
  const words = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'postgres', name, '--version']
  const end = await runProgram({ file: 'docker', arguments: words, variables }, { silenceLimitMs: 60_000 }, ctx)
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(end.output.toString('utf8'))?.[1]
  if (version === undefined) {
    const said = end.diagnostics.length === 0 ? 'it does not tell its version' : end.diagnostics.join(' ')
    throw unusable(name, major, said)
  }
  if (Number.parseInt(version, 10) !== major) throw unusable(name, major, `it holds PostgreSQL ${version}`)
  return version
}

function unusable(image: string, major: number, reason: string): AppError {
  return new AppError('POSTGRES_IMAGE_UNUSABLE', { image: JSON.stringify(image), major, reason })
}

/**
 * How docker starts the server of an image on directories of this machine, at the same paths, as their owner, and without
 * any network. The container goes with the server, and that, should this program be killed, with its files: a server that
 * misses its postmaster.pid ends within a minute.
 */
export function serverInContainer(
  { name }: ContainerImage,
  place: {
    readonly directories: readonly string[]
    readonly workingDirectory: string
    readonly identity: { readonly uid: number; readonly gid: number }
  },
): string[] {
  const { uid, gid } = place.identity
  return [
    ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', `${uid}:${gid}`],
    ...place.directories.flatMap((path) => ['--volume', `${path}:${path}`]),
    ...['--workdir', place.workingDirectory, '--env', 'LC_ALL=C', '--env', 'TZ=UTC', '--entrypoint', 'postgres', name],
  ]
}
