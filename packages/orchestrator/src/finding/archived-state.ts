import { retrievalHours } from '@holdfast/storage/archive-class'
import type { MarkStore } from '../catalogue/catalogue.ts'
import { parseMarkFields } from '../catalogue/mark-fields.ts'

/** mark `archived/<repository>`: what of it has to be brought back before it can be read; absent when nothing has */
export interface ArchivedState {
  readonly packs: number
  readonly bytes: number
  /** "DEEP_ARCHIVE, GLACIER" */
  readonly classes: string
  /** until all of it can be read, at most */
  readonly hours: number
}

export function parseArchivedState(value: string | undefined): ArchivedState | undefined {
  const fields = parseMarkFields(value)
  const [packs, bytes, hours] = [fields?.number('packs'), fields?.number('bytes'), fields?.number('hours')]
  const classes = fields?.text('classes')
  if (packs === undefined || bytes === undefined || hours === undefined || classes === undefined) return undefined
  return { packs, bytes, hours, classes }
}

export async function noteArchived(
  marks: MarkStore,
  repository: string,
  { packs, bytes, classes }: { readonly packs: number; readonly bytes: number; readonly classes: ReadonlySet<string> },
): Promise<void> {
  const key = `archived/${repository}`
  if (packs === 0) {
    if ((await marks.get(key)) !== undefined) await marks.remove(key)
    return
  }
  const names = [...classes].toSorted()
  const hours = Math.max(...names.map((name) => retrievalHours(name, 'standard')))
  const state: ArchivedState = { packs, bytes, classes: names.join(', '), hours }
  await marks.set(key, JSON.stringify(state))
}
