import type { Context } from '@holdfast/core/context'
import type { Entry } from '@holdfast/core/entry'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import { type SaveSettings, wholeSource } from '../save-settings.ts'
import type { SourceProof } from './source-proof.ts'

/**
 * Keeps the evidence beside what it is about, as a snapshot of one file, so that any machine with the repository's
 * password knows what was proven, and when. Returns the snapshot's id. The caller holds a lock.
 */
export async function saveProof(
  repository: Repository,
  proof: SourceProof,
  settings: SaveSettings,
  ctx: Context,
): Promise<string> {
  const { source, type, verdict, snapshotId } = proof
  const report = await save(
    [repository],
    {
      ...wholeSource,
      ...settings,
      source: { type: 'entries', path: `/${type}/${source}/proof`, entries: only(proofEntry(proof, ctx)) },
      time: ctx.now(),
      tags: ['holdfast', `source=${source}`, `type=${type}`, `proof=${verdict}`, `of=${snapshotId.slice(0, 8)}`],
      parent: { type: 'none' },
    },
    ctx,
  )
  const id = report.repositories[0]?.snapshotId
  if (id === undefined) throw new Error('the proof was saved without a snapshot')
  return id
}

function proofEntry(proof: SourceProof, ctx: Context): Entry {
  return {
    kind: 'file',
    path: `${proof.type}/${proof.source}/proof.json`,
    mode: 0o600,
    modifiedAt: ctx.now(),
    content: { type: 'bytes', bytes: Buffer.from(`${JSON.stringify(proof, undefined, 2)}\n`) },
  }
}

async function* only(entry: Entry): AsyncGenerator<Entry> {
  yield entry
}
