import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '../backend.ts'
import { flatPath } from '../layout.ts'

/** Refuses everything that would change the store, with STORAGE_DENIED. */
export function withReadOnly(backend: Backend): Backend {
  const { spoolDirectory: _dropped, ...traits } = backend.traits
  const refuse = (action: string, file: string): never => {
    const reason = 'it was opened for reading only'
    throw new AppError('STORAGE_DENIED', { action, file, location: backend.location, reason })
  }
  return {
    ...backend,
    traits,
    create: async () => refuse('create', 'the repository'),
    write: async (file) => refuse('write', flatPath(file)),
    remove: async (file) => refuse('remove', flatPath(file)),
  }
}
