import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backend } from '@holdfast/storage/backend'

/** A directory in which packs are prepared: below the backend's own, or a temporary one. It is removed afterwards. */
export interface Spool extends AsyncDisposable {
  readonly directory: string
}

/**
 * Each has a directory of its own, made when it is needed: others of this process may write to the same repository at the
 * same time, and what they have prepared must outlive this.
 */
export async function openSpool(backend: Backend): Promise<Spool> {
  const parent = backend.traits.spoolDirectory
  const directory =
    parent === undefined
      ? await mkdtemp(join(tmpdir(), 'holdfast-spool-'))
      : join(parent, randomBytes(8).toString('hex'))
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true })
      // the last one leaves nothing behind; where another still has something, it stays
      if (parent !== undefined) await rmdir(parent).catch(() => {})
    },
  }
}
