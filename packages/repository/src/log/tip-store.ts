import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { JsonObject } from '../format/json-fields.ts'
import type { Repository } from '../repository.ts'
import { chainTips, type ListedTip, listTips, readTip, type TipChain } from './list-tips.ts'
import { type LogFile, logFileKey, type LogFileName } from './log-file.ts'
import type { LogPlace } from './log-place.ts'
import { newTipId, sealTip, type TipHeader, tipPrefix } from './tip-file.ts'

/** A growing file is written anew, as one part, when it has so many; until then each part is only what is new. */
const partsAtMost = 8

/** The tips of one log, as its writer sees them. */
export interface TipStore {
  readonly holdsTips: boolean
  /** Reads what is there. */
  load(ctx: Context): Promise<readonly TipChain[]>
  /** Writes a file that has ended. Durable after `flush`. */
  keep(file: LogFile, ctx: Context): Promise<void>
  /** Writes what is new of a file that grows. Durable when it returns. */
  grow(file: LogFile, ctx: Context): Promise<void>
  note(facts: JsonObject, ctx: Context): Promise<void>
  /** The whole file, from its tips. */
  read(file: LogFileName, ctx: Context): Promise<Uint8Array>
  remove(file: LogFileName, ctx: Context): Promise<void>
  flush(ctx: Context): Promise<void>
}

type Part = Pick<TipHeader, 'folder' | 'name' | 'series' | 'offset' | 'ended' | 'facts'>

export function createTipStore(repository: Repository, place: LogPlace): TipStore {
  const { backend, key } = repository
  const prefix = tipPrefix(key, place)
  /** by file; the note's key is "/" */
  const held = new Map<string, ListedTip[]>()
  let growing: { readonly fileKey: string; readonly series: string } | undefined

  async function write(part: Part, payload: Uint8Array, ctx: Context): Promise<ListedTip> {
    const id = newTipId()
    const header = { ...part, id, sizeBytes: payload.length, writtenAtMs: ctx.now().getTime() }
    const name = prefix + id
    await backend.write({ type: 'tip', name }, await sealTip(key, header, payload), { content: 'metadata' }, ctx)
    return { name, header }
  }

  async function removeAll(tips: readonly ListedTip[], ctx: Context): Promise<void> {
    for (const { name } of tips) await backend.remove({ type: 'tip', name }, ctx)
  }

  return {
    holdsTips: backend.traits.holdsTips === true,
    async load(ctx) {
      const warn = (error: AppError): void =>
        ctx.emit({ type: 'message.noted', level: 'warning', message: `a tip of the log is left out: ${error.message}` })
      const tips = await listTips(repository, place, warn, ctx)
      held.clear()
      for (const tip of tips) held.set(logFileKey(tip.header), [...(held.get(logFileKey(tip.header)) ?? []), tip])
      return chainTips(tips)
    },
    async keep({ folder, name, bytes, facts }, ctx) {
      const fileKey = logFileKey({ folder, name })
      const earlier = held.get(fileKey) ?? []
      const tip = await write({ folder, name, series: newTipId(), offset: 0, ended: true, facts }, bytes, ctx)
      held.set(fileKey, [...earlier, tip])
      if (earlier.length === 0) return
      await backend.flush(ctx)
      await removeAll(earlier, ctx)
      held.set(fileKey, [tip])
    },
    async grow({ folder, name, bytes, facts }, ctx) {
      const fileKey = logFileKey({ folder, name })
      if (growing?.fileKey !== fileKey) growing = { fileKey, series: newTipId() }
      const { series } = growing
      const earlier = held.get(fileKey) ?? []
      const own = earlier.filter(({ header }) => header.series === series)
      const last = own.at(-1)?.header
      const end = last === undefined ? 0 : last.offset + last.sizeBytes
      if (last !== undefined && end === bytes.length && JSON.stringify(last.facts) === JSON.stringify(facts)) return
      const whole = own.length === 0 || own.length >= partsAtMost || end > bytes.length
      const offset = whole ? 0 : end
      const tip = await write({ folder, name, series, offset, ended: false, facts }, bytes.subarray(offset), ctx)
      held.set(fileKey, [...earlier, tip])
      await backend.flush(ctx)
      // Another writer may have died with more of this file than came to us yet: that was promised, so it stays.
      const longer = new Set(earlier.filter((each) => endOf(each) > bytes.length).map(({ header }) => header.series))
      const obsolete = earlier.filter(({ header }) => (header.series === series ? whole : !longer.has(header.series)))
      await removeAll(obsolete, ctx)
      held.set(
        fileKey,
        [...earlier, tip].filter((each) => !obsolete.includes(each)),
      )
    },
    async note(facts, ctx) {
      const noteKey = logFileKey({ folder: '', name: '' })
      const earlier = held.get(noteKey) ?? []
      const empty = { folder: '', name: '', series: '', offset: 0, ended: true }
      const tip = await write({ ...empty, facts }, new Uint8Array(0), ctx)
      held.set(noteKey, [...earlier, tip])
      await backend.flush(ctx)
      await removeAll(earlier, ctx)
      held.set(noteKey, [tip])
    },
    async read(file, ctx) {
      const fileKey = logFileKey(file)
      const [chain] = chainTips(held.get(fileKey) ?? [])
      if (chain === undefined) throw new Error(`there is no tip of ${fileKey}`)
      return await readChain(repository, chain, ctx)
    },
    async remove(file, ctx) {
      const fileKey = logFileKey(file)
      await removeAll(held.get(fileKey) ?? [], ctx)
      held.delete(fileKey)
      if (growing?.fileKey === fileKey) growing = undefined
    },
    flush: (ctx) => backend.flush(ctx),
  }
}

function endOf({ header }: ListedTip): number {
  return header.offset + header.sizeBytes
}

/**
 * The bytes of a file from the parts of it.
 * @throws AppError STORAGE_FILE_MISSING when a writer has replaced them meanwhile, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function readChain(repository: Repository, chain: TipChain, ctx: Context): Promise<Buffer> {
  const bytes = Buffer.alloc(chain.sizeBytes)
  for (const { name } of chain.tips) {
    const { header, payload } = await readTip(repository, name, ctx)
    if (header.offset + payload.length > bytes.length) {
      throw new AppError('REPOSITORY_DAMAGED', { object: `tip ${name.slice(0, 8)}`, reason: 'it is too long' })
    }
    payload.copy(bytes, header.offset)
  }
  return bytes
}
