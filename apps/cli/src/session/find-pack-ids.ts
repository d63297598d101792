import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'

/** Full ids for beginnings of ids. A full id is taken as it is: the pack may be missing. Fails with OBJECT_…. */
export async function findPackIds(repository: Repository, given: readonly string[], ctx: Context): Promise<string[]> {
  const isFull = (id: string) => /^[0-9a-f]{64}$/.test(id)
  if (given.every(isFull)) return [...new Set(given)]
  const stored: string[] = []
  for await (const { name } of repository.backend.list('data', ctx)) stored.push(name)
  const ids = given.map((prefix) => {
    if (isFull(prefix)) return prefix
    const matching = prefix === '' ? [] : stored.filter((id) => id.startsWith(prefix))
    const [id] = matching
    if (id === undefined) throw new AppError('OBJECT_UNKNOWN', { type: 'pack', id: prefix })
    if (matching.length > 1)
      throw new AppError('OBJECT_AMBIGUOUS', { type: 'pack', id: prefix, count: matching.length })
    return id
  })
  return [...new Set(ids)]
}
