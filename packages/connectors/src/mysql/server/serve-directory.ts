import { lstatSync, readFileSync } from 'node:fs'
import { chown, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { requireReachable, unprivilegedIdentity } from '../../postgresql/server/run-as.ts'
import type { MysqlTool } from '../client/mysql-tool.ts'
import { makePrivateDirectory } from './private-directory.ts'
import { restoredArguments, type SandboxOriginal } from './sandbox-arguments.ts'
import { type ScratchServer, startScratchServer } from './scratch-server.ts'

/**
 * Starts a server on a restored data directory, on a private socket and with nobody's rights looked at, to replay a log or to
 * look at what is there. Nobody else reaches it. Fails with MYSQL_START_FAILED.
 */
export async function serveDirectory(
  tool: MysqlTool,
  dataDirectory: string,
  original: SandboxOriginal,
  ctx: Context,
): Promise<ScratchServer & { readonly logFile: string }> {
  const identity = ownerOf(dataDirectory)
  if (identity !== undefined) requireReachable(dataDirectory, identity)
  const own = await makePrivateDirectory(identity)
  const { socket, temporary } = own
  const logFile = `${dataDirectory}.log`
  const words = restoredArguments(
    { dataDirectory, socket, temporary, processFile: join(dataDirectory, 'server.pid') },
    original,
  )
  const place = { dataDirectory, socket, logFile, ...(identity === undefined ? {} : { identity }) }
  let server: ScratchServer
  try {
    server = await startScratchServer({ program: tool.program, arguments: words, ...place }, ctx)
  } catch (error) {
    await own[Symbol.asyncDispose]()
    throw error
  }
  return {
    ...server,
    logFile,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
    },
  }
}

/** Gives a restored data directory to the account that servers run as here; only root can. */
export async function giveToServer(dataDirectory: string): Promise<void> {
  const identity = serverAccount()
  if (identity === undefined) return
  const names = await readdir(dataDirectory, { recursive: true })
  for (const path of [dataDirectory, ...names.map((name) => join(dataDirectory, name))]) {
    await chown(path, identity.uid, identity.gid)
  }
}

function ownerOf(dataDirectory: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = lstatSync(dataDirectory)
  return uid === 0 ? unprivilegedIdentity() : { uid, gid }
}

/** The user "mysql" of this machine, or whoever else servers are run as. */
function serverAccount(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('mysql:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? unprivilegedIdentity() : { uid: Number(uid), gid: Number(gid) }
}
