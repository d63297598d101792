import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mysqlSandboxPrefix } from './remove-dead-sandboxes.ts'

/** Where a server of our own has its socket and temporary files; nobody else may enter. */
export interface PrivateDirectory extends AsyncDisposable {
  /** short, as the path of a socket must be */
  readonly socket: string
  /**
   * A server removes what it takes for left-over temporary tables when it starts: never in a directory that another one
   * uses.
   */
  readonly temporary: string
}

export async function makePrivateDirectory(identity?: {
  readonly uid: number
  readonly gid: number
}): Promise<PrivateDirectory> {
  const path = await mkdtemp(`/tmp/${mysqlSandboxPrefix}${process.pid}-`)
  const temporary = join(path, 'tmp')
  await mkdir(temporary, { mode: 0o700 })
  if (identity !== undefined) for (const each of [path, temporary]) await chown(each, identity.uid, identity.gid)
  return {
    socket: join(path, 's'),
    temporary,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}
