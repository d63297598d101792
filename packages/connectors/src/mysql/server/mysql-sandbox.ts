import { chownSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { makeDirectoryIn } from '../../process/make-directory-in.ts'
import { commandAt } from '../../process/program-place.ts'
import { runProgram } from '../../process/running-program.ts'
import { requireReachable, unprivilegedIdentity } from '../../postgresql/server/run-as.ts'
import type { MysqlTool } from '../client/mysql-tool.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { sandboxArguments, type SandboxOriginal } from './sandbox-arguments.ts'
import { makePrivateDirectory } from './private-directory.ts'
import { mysqlSandboxPrefix, processFile } from './remove-dead-sandboxes.ts'
import { scratchEnvironment, startScratchServer } from './scratch-server.ts'

const patienceMs = 60_000

/** A scratch server that only this process reaches; ended and removed with everything in it when disposed of. */
export interface MysqlSandbox extends AsyncDisposable {
  readonly target: MysqlTarget
  readonly dataDirectory: string
  readonly startMs: number
}

export interface SandboxTools {
  readonly server: MysqlTool
  /** MariaDB's; MySQL's server makes its own directory */
  readonly install?: MysqlTool
}

/**
 * Makes an empty server like another one and starts it on a private socket, without network and without a log. `parent` is
 * where the space is. Fails with MYSQL_START_FAILED, TARGET_UNUSABLE.
 */
export async function startMysqlSandbox(
  tools: SandboxTools,
  original: SandboxOriginal,
  parent: string = tmpdir(),
  ctx: Context,
): Promise<MysqlSandbox> {
  const startedAt = ctx.now().getTime()
  const root = await makeDirectoryIn(parent, `${mysqlSandboxPrefix}${process.pid}-`)
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(root, { recursive: true, force: true }))
  const dataDirectory = join(root, 'data')
  const identity = unprivilegedIdentity()
  await mkdir(dataDirectory, { mode: 0o700 })
  if (identity !== undefined) {
    requireReachable(root, identity)
    for (const path of [root, dataDirectory]) chownSync(path, identity.uid, identity.gid)
  }
  const { socket, temporary } = stack.use(await makePrivateDirectory(identity))
  await initialize(tools, { dataDirectory, temporary }, ctx)
  const words = sandboxArguments({ dataDirectory, socket, temporary, processFile: processFile(root) }, original)
  const logFile = join(root, 'server.log')
  const server = stack.use(
    await startScratchServer(
      {
        program: tools.server.program,
        arguments: words,
        dataDirectory,
        logFile,
        socket,
        ...(identity === undefined ? {} : { identity }),
      },
      ctx,
    ),
  )
  const { target } = server
  const open = stack.move()
  const startMs = ctx.now().getTime() - startedAt
  return { target, dataDirectory, startMs, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function initialize(
  { server, install }: SandboxTools,
  { dataDirectory, temporary }: { readonly dataDirectory: string; readonly temporary: string },
  ctx: Context,
): Promise<void> {
  const own = ['--no-defaults', `--datadir=${dataDirectory}`, `--tmpdir=${temporary}`]
  const call =
    install === undefined
      ? { program: server.program, arguments: [...own, '--initialize-insecure'] }
      : {
          program: install.program,
          arguments: [...own, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'],
        }
  const command = commandAt({ type: 'local' }, { ...call, variables: scratchEnvironment }, {})
  const end = await runProgram(asIdentity(command), { silenceLimitMs: patienceMs }, ctx)
  if (end.failure === undefined) return
  const reason = [end.failure, ...end.diagnostics.slice(-3)].join('; ')
  throw new AppError('MYSQL_START_FAILED', { directory: dataDirectory, reason })
}

/** The programs give up root by themselves when they are told whose they are to be. */
function asIdentity<Command extends { readonly arguments: readonly string[] }>(command: Command): Command {
  const identity = unprivilegedIdentity()
  if (identity === undefined) return command
  return { ...command, arguments: [...command.arguments, `--user=${identity.uid === 65_534 ? 'nobody' : 'postgres'}`] }
}
