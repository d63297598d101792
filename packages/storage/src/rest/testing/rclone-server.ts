import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@holdfast/core/testing/free-ports'
import { startProcess, waitUntil } from '../../server-process.ts'

/** A real server of restic's REST protocol for tests. */
export interface RcloneServer extends AsyncDisposable {
  readonly port: number
  /** where it keeps its files */
  readonly folder: string
}

export interface RcloneServerOptions {
  readonly username?: string
  readonly password?: string
  /** PEM files */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string }
  readonly appendOnly?: boolean
}

/** Starts `rclone serve restic` on a free loopback port over a new temporary directory. */
export async function startRcloneServer(options: RcloneServerOptions = {}): Promise<RcloneServer> {
  const stack = new AsyncDisposableStack()
  try {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-rclone-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const port = await freePort()
    const { username, password, certificate, appendOnly } = options
    const args = ['serve', 'restic', '--addr', `127.0.0.1:${port}`, '--config', join(folder, 'no-config')]
    if (username !== undefined) args.push('--user', username, '--pass', password ?? '')
    if (certificate !== undefined) args.push('--cert', certificate.certFile, '--key', certificate.keyFile)
    if (appendOnly === true) args.push('--append-only')
    const server = stack.use(await startProcess('rclone', [...args, join(folder, 'files')], 'rclone'))
    await waitUntil('rclone', () => accepts(port), server)
    return { port, folder: join(folder, 'files'), [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}
