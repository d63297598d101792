import { AppError } from '@holdfast/core/errors/app-error'
import { type BinlogPosition, comparePositions } from '../binlog/binlog-position.ts'
import type { SliceFacts } from '../binlog/slice-facts.ts'
import type { BinlogChain, LogStretch, RecoverableBase } from './binlog-chain.ts'
import { placeUnknown } from './place-unknown.ts'
import { chainsOf, coverage } from './coverage.ts'
import { describePoint, type MysqlRecoveryPoint, type MysqlRecoveryTarget } from './recovery-point.ts'

/**
 * The backup with the least to replay from which a point can be reached, with its log. What is to be left out is only left
 * out by one that does not hold it yet, however old. Fails with RECOVERY_NO_BASE, RECOVERY_BEFORE_OLDEST, RECOVERY_AFTER_NEWEST, MYSQL_RECOVERY_IN_GAP, MYSQL_PLACE_UNKNOWN.
 */
export function chooseChain(
  bases: readonly RecoverableBase[],
  slices: readonly SliceFacts[],
  { stop, without }: Pick<MysqlRecoveryTarget, 'stop' | 'without'>,
): BinlogChain {
  const target = describePoint(stop)
  const chains = chainsOf(bases, slices)
  const newest = chains.at(-1)
  if (newest === undefined) throw new AppError('RECOVERY_NO_BASE', { target })
  const able = chains.filter((chain) => without.every((transaction) => mayHold(chain, transaction)))
  const chosen = able.findLast((chain) => reaches(chain, stop, able))
  if (chosen !== undefined) return chosen
  const held = chains.flatMap(({ stretches }) => stretches)
  if (stop.type === 'position' || stop.type === 'gtid') throw placeUnknown(target, held)
  const left = without.find((transaction) => !chains.some((chain) => mayHold(chain, transaction)))
  if (left !== undefined) throw placeUnknown(`transaction ${left}`, held)
  const covered = coverage(bases, slices)
  const [from, until] = [covered?.oldest ?? '', covered?.newest ?? '']
  if (stop.type === 'time' && stop.at < from) throw new AppError('RECOVERY_BEFORE_OLDEST', { target, from, until })
  if (stop.type === 'time' && stop.at > until) throw new AppError('RECOVERY_AFTER_NEWEST', { target, from, until })
  const ranges = (covered?.ranges ?? []).map((range) => `${range.from} to ${range.until}`).join(', ')
  throw new AppError('MYSQL_RECOVERY_IN_GAP', { target, ranges })
}

function reaches(chain: BinlogChain, stop: MysqlRecoveryPoint, all: readonly BinlogChain[]): boolean {
  const { base, until, stretches } = chain
  switch (stop.type) {
    case 'backup':
      return chain === all.at(-1)
    case 'latest':
      return !all.some((other) => other.until > until)
    case 'time':
      return base.consistentAt <= stop.at && stop.at <= until
    case 'position':
      return stretches.some((stretch) => isWithin(stop, stretch))
    case 'gtid':
      // which log holds it is seen when it is read: the newest that may
      return mayHold(chain, stop.gtid)
  }
}

/** Whether the log of a chain may hold a transaction, named by its GTID or by where it begins. */
function mayHold({ base, slices, stretches }: BinlogChain, transaction: string): boolean {
  const [, file, position] = /^(.+\.\d+):(\d+)$/.exec(transaction) ?? []
  if (file !== undefined) return stretches.some((stretch) => isWithin({ file, position: Number(position) }, stretch))
  return slices.some(({ gtid }) => isAtLeast(gtid, transaction)) && !isAtLeast(base.position?.gtid, transaction)
}

function isWithin(place: BinlogPosition, { from, end, slices }: LogStretch): boolean {
  if (comparePositions(place, from) < 0 || comparePositions(place, end) > 0) return false
  // also of this name, and not behind the end of that file
  return slices.some(({ file, endPosition }) => file === place.file && place.position <= endPosition)
}

/** Whether a state, as both families write it, holds a transaction. */
function isAtLeast(state: string | undefined, gtid: string): boolean {
  if (state === undefined) return false
  return state.split(',').some((part) => {
    const [known, wanted] = [splitGtid(part.trim()), splitGtid(gtid)]
    return (
      known !== undefined && wanted !== undefined && known.domain === wanted.domain && known.number >= wanted.number
    )
  })
}

/** "0-1-77" → domain "0"; "3e11…:1-77" → domain the server's uuid */
function splitGtid(text: string): { readonly domain: string; readonly number: bigint } | undefined {
  const mariadb = /^(\d+)-\d+-(\d+)$/.exec(text)
  const mysql = /^([0-9a-f-]{36}):(?:.*[-:])?(\d+)$/i.exec(text)
  const [, domain, number] = mariadb ?? mysql ?? []
  return domain === undefined || number === undefined
    ? undefined
    : { domain: domain.toLowerCase(), number: BigInt(number) }
}
