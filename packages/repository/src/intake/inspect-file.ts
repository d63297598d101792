import { readFileSync } from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import { open } from '../format/crypto.ts'
import { parseIndex } from '../format/index-file.ts'
import { parseLockFile } from '../format/lock-file.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { parseSnapshot } from '../format/snapshot.ts'
import { decodeUnpacked } from '../format/unpacked.ts'
import { fileLabel } from '../open/unpacked-files.ts'
import { findAmbiguousKey } from './find-ambiguous-key.ts'
import { inspectPack } from './inspect-pack.ts'
import type { IntakeJob, IntakeResult, IntakeType } from './intake-job.ts'
import { isSeamless, packLayoutDigest } from './pack-layout.ts'

/** What small files may expand to; an index of 50 000 blobs has 10 MiB of JSON. */
const maxJsonBytes = { index: 64 << 20, snapshot: 16 << 20, lock: 1 << 16 } as const

/**
 * Opens a file that somebody who holds the key has made, and believes nothing in it: every blob of a pack must be what
 * its id says, everything else must be sealed and well-formed. Blocks while it works.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function inspectFile(key: MasterKey, job: IntakeJob): IntakeResult {
  if (job.type === 'data') {
    const blobs = inspectPack(key, job)
    const holds = blobs.every(({ type }) => type === 'tree') ? 'tree' : 'data'
    return { type: 'data', layout: packLayoutDigest(blobs), holds }
  }
  const label = fileLabel(job)
  const json = decodeUnpacked(open(key, readFileSync(job.path), label), label, maxJsonBytes[job.type])
  const result = readJson(job.type, json, label)
  // only what was found to be JSON is looked through
  const ambiguous = findAmbiguousKey(json)
  if (ambiguous === undefined) return result
  const reason = `its key ${JSON.stringify(ambiguous.slice(0, 40))} is not read alike by everybody`
  throw new AppError('REPOSITORY_DAMAGED', { object: label, reason })
}

function readJson(type: Exclude<IntakeType, 'data'>, json: Buffer, label: string): IntakeResult {
  switch (type) {
    case 'index':
      return { type: 'index', layouts: layoutsOf(json, label) }
    case 'snapshot': {
      const { raw: _raw, ...snapshot } = parseSnapshot(json, label)
      return { type: 'snapshot', snapshot }
    }
    case 'lock':
      return { type: 'lock', lock: parseLockFile(json, label) }
  }
}

function layoutsOf(json: Buffer, label: string): ReadonlyMap<string, string> {
  const refuse = (reason: string): AppError => new AppError('REPOSITORY_DAMAGED', { object: label, reason })
  // old programs took the indexes named there for gone
  if (json.includes('"supersedes"')) throw refuse('it supersedes others')
  const packs: { readonly id: string; readonly blobs: PackedBlob[] }[] = []
  const sink = {
    pack: (id: string) => packs.push({ id, blobs: [] }) - 1,
    blob: (pack: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number) => {
      const type = isTree ? 'tree' : 'data'
      packs[pack]?.blobs.push({ id: Buffer.from(id).toString('hex'), type, offset, length, rawLength })
    },
    packToDelete: () => {
      throw refuse('it marks packs for deletion')
    },
  }
  parseIndex(json, sink, label)
  const layouts = new Map<string, string>()
  for (const { id, blobs } of packs) {
    if (layouts.has(id)) throw refuse(`it names pack ${id.slice(0, 8)} twice`)
    blobs.sort((a, b) => a.offset - b.offset)
    if (!isSeamless(blobs)) throw refuse(`pack ${id.slice(0, 8)} has blobs with gaps between them`)
    layouts.set(id, packLayoutDigest(blobs))
  }
  return layouts
}
