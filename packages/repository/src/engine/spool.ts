import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backend } from '@holdfast/storage/backend'

/** A directory in which packs are prepared: the backend's own, or a temporary one that is removed afterwards. */
export interface Spool extends AsyncDisposable {
  readonly directory: string
}

export async function openSpool(backend: Backend): Promise<Spool> {
  const own = backend.traits.spoolDirectory
  if (own !== undefined)
    return { directory: own, [Symbol.asyncDispose]: () => rm(own, { recursive: true, force: true }) }
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-spool-'))
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) }
}
