import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Path → SHA-256 of every file of a repository on the local disk; what is being received lies in tmp/ and is not of it. */
export async function stateOf(root: string): Promise<ReadonlyMap<string, string>> {
  const state = new Map<string, string>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length + 1)
    if (!entry.isFile() || name.startsWith('tmp/')) continue
    state.set(
      name,
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    )
  }
  return state
}

export interface StateChange {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

export function compareStates(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): StateChange {
  const names = [...before.keys()]
  return {
    changed: names.filter((name) => after.has(name) && after.get(name) !== before.get(name)).toSorted(),
    removed: names.filter((name) => !after.has(name)).toSorted(),
    added: [...after.keys()].filter((name) => !before.has(name)).toSorted(),
  }
}
