import { AppError } from '@holdfast/core/errors/app-error'

/** Where a page of snapshots, newest first, begins: snapshots of one instant are told apart by their place among them. */
export interface SnapshotCursor {
  readonly notAfter?: Date
  /** of those of just this instant, so many were shown already */
  readonly skip: number
}

/** Fails with REQUEST_INVALID. */
export function readSnapshotCursor(text: string | undefined): SnapshotCursor {
  if (text === undefined) return { skip: 0 }
  const [, time = '', skip = ''] = /^(\d{1,15})-(\d{1,6})$/.exec(text) ?? []
  const notAfter = new Date(Number(time))
  if (time !== '' && !Number.isNaN(notAfter.getTime())) return { notAfter, skip: Number(skip) }
  throw new AppError('REQUEST_INVALID', { route: 'snapshots.list', reason: 'query.before is not from a page' })
}

/** A page of what begins at the cursor, and the cursor of the next one. */
export function pageOf<Item extends { readonly time: Date }>(
  found: readonly Item[],
  { notAfter, skip }: SnapshotCursor,
  limit: number,
): { readonly page: readonly Item[]; readonly before?: string } {
  const isAtCursor = ({ time }: Item): boolean => time.getTime() === notAfter?.getTime()
  const shown = Math.min(skip, found.filter(isAtCursor).length)
  const page = found.slice(shown, shown + limit)
  const last = page.at(-1)
  if (last === undefined || shown + limit >= found.length) return { page }
  const lastMs = last.time.getTime()
  const alike = found.slice(0, shown + limit).filter(({ time }) => time.getTime() === lastMs).length
  return { page, before: `${lastMs}-${alike}` }
}
