import { statfs } from 'node:fs/promises'
import { libc } from './libc.ts'

/**
 * Makes everything written to the file system of an open file durable, with one call for any number of files, on a
 * thread of its own. False where that cannot be done (see `libc`): then each file has to be synced by itself. Throws
 * when the device reports an error.
 */
export async function syncFileSystem(fd: number): Promise<boolean> {
  const syncfs = libc()?.bindAsync('int syncfs(int fd)')
  if (syncfs === undefined) return false
  // The error number is lost between the threads, so the only one that matters is named.
  if ((await syncfs(fd)) !== 0) {
    throw Object.assign(new Error('EIO: the file system could not be synced, syncfs'), {
      code: 'EIO',
      syscall: 'syncfs',
    })
  }
  return true
}

/** Bytes an unprivileged process may still write to the file system of `path`. */
export async function freeBytes(path: string | Buffer): Promise<bigint> {
  const { bavail, bsize } = await statfs(path, { bigint: true })
  return bavail * bsize
}
