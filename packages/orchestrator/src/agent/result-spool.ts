import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Results that the server has not taken yet, one file each. What `keep` has returned from is there after `kill -9` and
 * after the power was cut, until it is removed.
 */
export interface ResultSpool {
  keep(id: string, result: string): Promise<void>
  /** oldest first */
  list(): Promise<readonly { readonly id: string; readonly result: string }[]>
  remove(id: string): Promise<void>
}

/** `directory` is made when it is not there. Ids are those of runs. */
export async function openResultSpool(directory: string): Promise<ResultSpool> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // of a process that died while it wrote
  for (const name of await readdir(directory)) if (name.endsWith('.new')) await rm(join(directory, name))
  return {
    async keep(id, result) {
      const path = pathOf(directory, id)
      await writeDurably(path, result)
    },
    async list() {
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).toSorted()
      return await Promise.all(
        names.map(async (name) => ({
          id: name.slice(0, -'.json'.length),
          result: await readFile(join(directory, name), 'utf8'),
        })),
      )
    },
    remove: (id) => rm(pathOf(directory, id), { force: true }),
  }
}

function pathOf(directory: string, id: string): string {
  if (!/^[\w-]{1,80}$/.test(id)) throw new Error('a run has an id that no file can have')
  return join(directory, `${id}.json`)
}

/** The whole of it or nothing, for this user only: written beside it, made durable, and put in its place. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const own = `${path}.new`
  const file = await open(own, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(own, path)
  const directory = await open(join(path, '..'), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
