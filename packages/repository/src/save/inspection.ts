import type { Inspector, InspectorReference } from '@holdfast/core/entry'
import type { Arena } from '../engine/arena.ts'
import type { InspectPart } from './file-reader.ts'
import type { SaveTally } from './save-tally.ts'

/** Makes what looks at the parts of one file, named by its path in the snapshot; without a name nothing does. */
export type Inspection = (path: string | undefined) => InspectPart | undefined

/** Loads the inspector of a source into the worker thread this is called in. */
export async function openInspection(
  reference: InspectorReference | undefined,
  arena: Arena,
  tally: SaveTally,
): Promise<Inspection | undefined> {
  if (reference === undefined) return undefined
  // boundary: what an inspector's module must export
  const { createInspector } = (await import(reference.module)) as { createInspector(options: unknown): Inspector }
  const inspector = createInspector(reference.options)
  return (path) => {
    if (path === undefined) return undefined
    return (at, length, offset, descriptor) => {
      tally.inspected(path, inspector.inspect(arena.bytes.subarray(at, at + length), offset, { path, descriptor }))
    }
  }
}
