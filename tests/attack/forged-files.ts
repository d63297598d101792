import { hash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { seal } from '@holdfast/repository/format/crypto'
import { encodeIndex, type IndexPack } from '@holdfast/repository/format/index-file'
import { encodeLockFile } from '@holdfast/repository/format/lock-file'
import { encodeSnapshot, type Snapshot } from '@holdfast/repository/format/snapshot'
import { encodeUnpacked } from '@holdfast/repository/format/unpacked'
import type { Repository } from '@holdfast/repository/repository'
import { type BlobDraft, buildRepository, storePack } from '@holdfast/repository/tree/built-repository'

/** What somebody who holds the password can make, true or not: every file is sealed as it should be. */
export interface Forger {
  pack(drafts: readonly BlobDraft[]): Promise<ForgedFile & { readonly blobs: IndexPack['blobs'] }>
  index(packs: readonly IndexPack[], more?: string): ForgedFile
  snapshot(fields: Partial<Snapshot> & Pick<Snapshot, 'tree'>): ForgedFile
  /** any JSON */
  sealed(folder: ForgedFile['folder'], json: Uint8Array): ForgedFile
  lock(fields: { readonly time: string; readonly exclusive: boolean }): ForgedFile
}

export interface ForgedFile {
  readonly folder: 'data' | 'index' | 'snapshots' | 'locks'
  readonly name: string
  readonly bytes: Uint8Array
}

export function createForger({ key }: Pick<Repository, 'key'>, ctx: Context): Forger {
  const named = (folder: ForgedFile['folder'], bytes: Uint8Array): ForgedFile => ({
    ...{ folder, bytes },
    name: hash('sha256', bytes, 'hex'),
  })
  const unpacked = (folder: ForgedFile['folder'], json: Uint8Array): ForgedFile =>
    named(folder, seal(key, encodeUnpacked(json, 2)))
  return {
    async pack(drafts) {
      const built = { ...buildRepository(), key }
      const { id, blobs } = await storePack(built, drafts, ctx)
      return { ...named('data', await built.backend.read({ type: 'data', name: id }, undefined, ctx)), blobs }
    },
    sealed: unpacked,
    index(packs, more = '') {
      const text = encodeIndex(packs).toString('utf8').trim()
      return unpacked('index', Buffer.from(`${text.slice(0, -1)}${more}}`))
    },
    snapshot: (fields) =>
      unpacked(
        'snapshots',
        encodeSnapshot({
          ...{ time: ctx.now().toISOString(), paths: ['/srv/site'], hostname: 'web', username: 'root', uid: 0, gid: 0 },
          ...{ excludes: [], tags: [], programVersion: 'forged' },
          ...fields,
        }),
      ),
    lock: ({ time, exclusive }) =>
      unpacked('locks', encodeLockFile({ time, exclusive, hostname: 'web', username: 'root', pid: 1, uid: 0, gid: 0 })),
  }
}
