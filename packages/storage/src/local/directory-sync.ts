import { open } from 'node:fs/promises'
import { errnoOf } from './file-system-error.ts'

/** File systems (CIFS, FUSE, some NFS) that cannot fsync a directory answer with one of these; nothing more can be done there. */
const unsupported = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOTTY', 'EISDIR', 'EPERM', 'EACCES', 'ENOSYS'])

/** Directories whose entries changed since they were last made durable. */
export class DirtyDirectories {
  #paths = new Set<string>()

  add(path: string): void {
    this.#paths.add(path)
  }

  /** Makes the entries of all of them durable. Those that failed stay marked, so a repeated call tries them again. */
  async flush(): Promise<void> {
    const paths = [...this.#paths]
    this.#paths.clear()
    const results = await Promise.allSettled(paths.map(syncDirectory))
    results.forEach((result, i) => {
      const path = paths[i]
      if (result.status === 'rejected' && path !== undefined) this.#paths.add(path)
    })
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } catch (error) {
    if (!unsupported.has(errnoOf(error) ?? '')) throw error
  } finally {
    await directory.close()
  }
}
