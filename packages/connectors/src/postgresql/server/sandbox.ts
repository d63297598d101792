import { chownSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { makeDirectoryIn } from '../../process/make-directory-in.ts'
import { type OriginalSettings, sandboxSettings } from './sandbox-settings.ts'
import { type ContainerImage, serverInContainer } from './container-image.ts'
import { makeEmptyCluster } from './make-empty-cluster.ts'
import { sandboxPrefix } from './remove-dead-sandboxes.ts'
import { requireReachable, serverIdentityFor, unprivilegedIdentity } from './run-as.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** The longest path of a Unix socket is 107 bytes; the socket's own name takes 14. */
const longestSocketDirectory = 90

/** A place for a scratch server, removed with everything in it when disposed of; the server is ended first. */
export interface Sandbox extends AsyncDisposable {
  readonly root: string
  /** empty; what belongs beside it (WAL, tablespaces) may be made beside it */
  readonly dataDirectory: string
  readonly socketDirectory: string
  /** Makes an empty cluster in `dataDirectory`, whose superuser is postgres. */
  initialize(initdb: string, ctx: Context): Promise<void>
  /** Starts the server, a program or that of an image, on what was restored to `dataDirectory`. */
  start(program: string | ContainerImage, original: OriginalSettings, ctx: Context): Promise<ServerProcess>
  /** Ends the server, if it runs, and keeps the files. */
  stop(): Promise<void>
}

/**
 * Makes an empty sandbox. Its name says which process it belongs to, so that `removeDeadSandboxes` finds what is left after
 * a crash. `parent` is where the space is; the operating system's directory for temporary files unless given.
 */
export async function createSandbox(parent: string = tmpdir()): Promise<Sandbox> {
  const root = await makeDirectoryIn(parent, `${sandboxPrefix}${process.pid}-`)
  const path = (name: string): string => join(root, name)
  await Promise.all(['data', 'run'].map((name) => mkdir(path(name), { mode: 0o700 })))
  const separate = Buffer.byteLength(path('run')) > longestSocketDirectory
  const socketDirectory = separate ? await mkdtemp(`/tmp/${sandboxPrefix}${process.pid}-`) : path('run')
  let server: ServerProcess | undefined
  const stop = async (): Promise<void> => {
    await server?.stop('fast')
    server = undefined
  }
  return {
    root,
    dataDirectory: path('data'),
    socketDirectory,
    async initialize(initdb, ctx) {
      const identity = unprivilegedIdentity()
      if (identity !== undefined) {
        requireReachable(root, identity)
        for (const each of [root, path('data')]) chownSync(each, identity.uid, identity.gid)
      }
      await makeEmptyCluster(initdb, path('data'), { superuser: 'postgres', identity }, ctx)
    },
    async start(program, original, ctx) {
      const files = {
        configFile: path('postgresql.conf'),
        hbaFile: path('pg_hba.conf'),
        identFile: path('pg_ident.conf'),
      }
      await writeFile(files.configFile, '')
      // the directory of the socket lets only this user in
      await writeFile(files.hbaFile, 'local all all trust\n')
      await writeFile(files.identFile, '')
      await writeFile(path('server.log'), '')
      const identity = serverIdentityFor(path('data'))
      if (identity !== undefined) {
        requireReachable(root, identity)
        const owned = [root, socketDirectory, ...Object.values(files), path('data')]
        for (const each of owned) chownSync(each, identity.uid, identity.gid)
      }
      const given = {
        dataDirectory: path('data'),
        settings: sandboxSettings({ ...files, socketDirectory }, original),
        logFile: path('server.log'),
      }
      const directories = separate ? [root, socketDirectory] : [root]
      const own = identity ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
      const runs =
        typeof program === 'string'
          ? { program, ...(identity === undefined ? {} : { identity }) }
          : {
              program: 'docker',
              launcher: {
                arguments: serverInContainer(program, { directories, workingDirectory: path('data'), identity: own }),
                variables: program.variables,
              },
            }
      server = await startServerProcess({ ...given, ...runs }, ctx)
      return server
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(root, { recursive: true, force: true })
      if (separate) await rm(socketDirectory, { recursive: true, force: true })
    },
  }
}
