import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { logFileKey, type LogFileName } from './log-file.ts'
import type { LogPlace } from './log-place.ts'
import { openTip, type Tip, type TipHeader, tipPrefix } from './tip-file.ts'

/** A tip that was read and put away again; its payload is read anew when it is wanted. */
export interface ListedTip {
  readonly name: string
  readonly header: TipHeader
}

/** Parts of one file that follow each other from its first byte. */
export interface TipChain extends LogFileName {
  readonly tips: readonly ListedTip[]
  readonly sizeBytes: number
  readonly ended: boolean
  /** those of the last part, which knows most */
  readonly facts: TipHeader['facts']
  /** when the last part was written, in milliseconds since 1970 */
  readonly writtenAtMs: number
}

/** Listing again is needed when a writer replaces tips meanwhile, which it does every few seconds at most. */
const attempts = 5

/** Names of all tips of a log. */
export async function listTipNames(repository: Repository, place: LogPlace, ctx: Context): Promise<string[]> {
  const names: string[] = []
  if (repository.backend.traits.holdsTips !== true) return names
  const prefix = tipPrefix(repository.key, place)
  for await (const { name } of repository.backend.list('tip', ctx)) if (name.startsWith(prefix)) names.push(name)
  return names
}

/**
 * All tips of a log. Readers ask for them before they list snapshots: what a batch takes over is in its snapshot before
 * its tips are removed, so it is seen in one place at least. A damaged one is left out, and told to `onDamaged`.
 */
export async function listTips(
  repository: Repository,
  place: LogPlace,
  onDamaged: (error: AppError) => void,
  ctx: Context,
): Promise<ListedTip[]> {
  const read = new Map<string, ListedTip | undefined>()
  for (let attempt = 1; ; attempt++) {
    const names = await listTipNames(repository, place, ctx)
    let missing = false
    for (const name of names) {
      if (read.has(name)) continue
      try {
        const { header } = await readTip(repository, name, ctx)
        read.set(name, { name, header })
      } catch (error) {
        if (isAppError(error, 'STORAGE_FILE_MISSING')) missing = true
        else if (isAppError(error, 'REPOSITORY_DAMAGED') || isAppError(error, 'STORAGE_DAMAGED')) {
          read.set(name, undefined)
          onDamaged(error)
        } else throw error
      }
    }
    if (missing && attempt < attempts) continue
    return names.flatMap((name) => read.get(name) ?? [])
  }
}

/** @throws AppError STORAGE_FILE_MISSING when a writer has removed it meanwhile, REPOSITORY_DAMAGED, STORAGE_… */
export async function readTip(repository: Repository, name: string, ctx: Context): Promise<Tip> {
  return openTip(repository.key, name, await repository.backend.read({ type: 'tip', name }, undefined, ctx))
}

/** For each file the series with most of it. What does not follow on is left out. */
export function chainTips(tips: readonly ListedTip[]): TipChain[] {
  const series = new Map<string, ListedTip[]>()
  for (const tip of tips) {
    if (tip.header.name === '') continue
    const key = `${logFileKey(tip.header)} ${tip.header.series}`
    series.set(key, [...(series.get(key) ?? []), tip])
  }
  const best = new Map<string, TipChain>()
  for (const parts of series.values()) {
    const chain = chainParts(parts)
    if (chain === undefined) continue
    const key = logFileKey(chain)
    const known = best.get(key)
    if (known === undefined || isBetter(chain, known)) best.set(key, chain)
  }
  return [...best.values()]
}

/** The newest note on the log as a whole. */
export function newestNote(tips: readonly ListedTip[]): TipHeader | undefined {
  let newest: TipHeader | undefined
  for (const { header } of tips) {
    if (header.name === '' && (newest === undefined || header.writtenAtMs > newest.writtenAtMs)) newest = header
  }
  return newest
}

function chainParts(parts: readonly ListedTip[]): TipChain | undefined {
  const chain: ListedTip[] = []
  let end = 0
  // of two that begin together, the longer one replaces the other
  for (const tip of parts.toSorted((a, b) => a.header.offset - b.header.offset || endOf(b) - endOf(a))) {
    if (tip.header.offset > end) break
    if (endOf(tip) < end || (chain.length > 0 && endOf(tip) === end && !isLater(tip, chain.at(-1)))) continue
    chain.push(tip)
    end = endOf(tip)
  }
  const last = chain.at(-1)
  if (last === undefined) return undefined
  const { folder, name, ended, facts, writtenAtMs } = last.header
  return { folder, name, tips: chain, sizeBytes: end, ended, facts, writtenAtMs }
}

function isLater(tip: ListedTip, other: ListedTip | undefined): boolean {
  return other === undefined || tip.header.writtenAtMs > other.header.writtenAtMs
}

function endOf({ header }: ListedTip): number {
  return header.offset + header.sizeBytes
}

function isBetter(a: TipChain, b: TipChain): boolean {
  if (a.ended !== b.ended) return a.ended
  if (a.sizeBytes !== b.sizeBytes) return a.sizeBytes > b.sizeBytes
  return a.writtenAtMs > b.writtenAtMs
}
