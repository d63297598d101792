import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { commandAt, describePlace, type ProgramPlace } from '../../process/program-place.ts'
import { runProgram } from '../../process/running-program.ts'
import { type BinaryPlaces, listInstallations } from '../server-binaries.ts'

export type ClientProgram = 'pg_dump' | 'pg_dumpall' | 'pg_restore'

/** Where client programs run, and where they are looked for. */
export interface ClientPlace {
  readonly place: ProgramPlace
  readonly binaries: BinaryPlaces
  /** environment of the tool that leads into a container: PATH, HOME, DOCKER_HOST … */
  readonly outerVariables: Readonly<Record<string, string>>
  /** the server as seen from inside the container; default 127.0.0.1:5432, its own */
  readonly inside?: { readonly host: string; readonly port: number }
}

export interface ClientTool {
  /** what to start in its place */
  readonly program: string
  readonly major: number
  /** "15.18" */
  readonly version: string
}

/**
 * The oldest program that knows servers of this major version, or where there is one, of `wantedMajor`: what it writes can be
 * restored by most others. Fails with POSTGRES_TOOL_MISSING.
 */
export async function findDumpTool(
  program: 'pg_dump' | 'pg_dumpall',
  serverMajor: number,
  where: ClientPlace,
  ctx: Context,
  wantedMajor = serverMajor,
): Promise<ClientTool> {
  const tools = await listTools(program, where, ctx)
  const able = tools.filter(({ major }) => major >= serverMajor)
  const tool = able.filter(({ major }) => major >= wantedMajor).at(-1) ?? able.at(-1)
  if (tool !== undefined) return tool
  throw missing(program, serverMajor, tools, where)
}

/**
 * The program that can read what `dumpMajor` wrote and is no newer than the server that it restores into, where there is
 * such a one: newer ones set parameters that older servers do not know. Fails with POSTGRES_TOOL_MISSING.
 */
export async function findRestoreTool(
  { dumpMajor, serverMajor }: { readonly dumpMajor: number; readonly serverMajor: number },
  where: ClientPlace,
  ctx: Context,
): Promise<ClientTool> {
  const tools = await listTools('pg_restore', where, ctx)
  const able = tools.filter(({ major }) => major >= dumpMajor)
  const tool = able.find(({ major }) => major <= serverMajor) ?? able.at(-1)
  if (tool !== undefined) return tool
  throw missing('pg_restore', dumpMajor, tools, where)
}

/** newest first */
async function listTools(program: ClientProgram, where: ClientPlace, ctx: Context): Promise<ClientTool[]> {
  if (where.place.type !== 'local') return await inspectContainer(program, where, ctx)
  const installations = await listInstallations([program], where.binaries)
  return installations.flatMap(({ major, version, programs }) => {
    const found = programs[program]
    return found === undefined ? [] : [{ program: found, major, version }]
  })
}

async function inspectContainer(program: ClientProgram, where: ClientPlace, ctx: Context): Promise<ClientTool[]> {
  const call = { program, arguments: ['--version'], variables: {} }
  const end = await runProgram(commandAt(where.place, call, where.outerVariables), { silenceLimitMs: 60_000 }, ctx)
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(end.output.toString('utf8'))?.[1]
  if (version !== undefined) return [{ program, major: Number.parseInt(version, 10), version }]
  const said = end.diagnostics.length === 0 ? '' : `: ${end.diagnostics.join('; ')}`
  throw new AppError('POSTGRES_TOOL_MISSING', {
    program,
    place: describePlace(where.place),
    major: '',
    found: `${end.failure ?? 'it does not tell its version'}${said}`,
  })
}

function missing(program: string, major: number, tools: readonly ClientTool[], { place }: ClientPlace): AppError {
  const versions = [...new Set(tools.map(({ version }) => version))].join(', ')
  const found = versions === '' ? 'there is none' : `there is ${versions}`
  return new AppError('POSTGRES_TOOL_MISSING', { program, major: ` ${major}`, place: describePlace(place), found })
}
