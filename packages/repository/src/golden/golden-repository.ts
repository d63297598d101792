import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import type { Backend, FileType } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'

/** Repositories made by make-golden.ts, named after restic's version and the format's. */
export const goldenNames = ['restic-0.14-v1', 'restic-0.14-v2', 'restic-0.19-v2'] as const

/** The password of every golden repository, and that of its second key. */
export const goldenPassword = 'golden'
export const goldenSecondPassword = 'pässwörd 2'

const folders: Readonly<Record<string, FileType>> = {
  data: 'data',
  index: 'index',
  keys: 'key',
  locks: 'lock',
  snapshots: 'snapshot',
}

/** A golden repository, in memory. */
export async function loadGolden(name: (typeof goldenNames)[number], ctx: Context): Promise<Backend> {
  const backend = createMemoryBackend(name)
  const archive = gunzipSync(readFileSync(new URL(`./${name}.tar.gz`, import.meta.url)))
  for (const { path, content } of tarFiles(archive)) {
    const [folder = '', ...rest] = path.replace(/^\.\//, '').split('/')
    const type = folder === 'config' ? 'config' : folders[folder]
    if (type === undefined) throw new Error(`unexpected file ${path}`)
    await backend.write({ type, name: rest.at(-1) ?? 'config' }, content, { content: 'metadata' }, ctx)
  }
  return backend
}

/** The regular files of a tar archive whose paths are short. */
function* tarFiles(archive: Buffer): Generator<{ path: string; content: Buffer }> {
  for (let at = 0; archive[at] !== undefined && archive[at] !== 0; ) {
    const path = archive.toString('latin1', at, archive.indexOf(0, at))
    const sizeBytes = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    const isFile = archive[at + 156] === 0x30
    if (isFile) yield { path, content: archive.subarray(at + 512, at + 512 + sizeBytes) }
    at += 512 + Math.ceil(sizeBytes / 512) * 512
  }
}
