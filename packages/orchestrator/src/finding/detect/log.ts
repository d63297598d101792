import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { Detector, Sight, View } from '../detector.ts'
import { joinSights } from '../detector.ts'
import type { FindingKind, Observation } from '../finding.ts'
import { type LogState, parseLogState } from '../noted-state.ts'
import { agoText, utcMinute } from '../wording.ts'

/** A follower says how it is every few seconds. */
const silentAfterMs = 5 * 60_000
/** While following fails, it is told after this. */
const troubleAfterMs = 60_000
/** Where nothing is promised, a log may be behind by so much. */
const behindWithoutPromiseMs = 3_600_000
/** Less than this left is a danger to the log. */
const littleLeftBytes = 512 * 1024 ** 2
/** More than this kept for us, on a server without a limit, is a danger to its disk. */
const muchKeptBytes = 4 * 1024 ** 3

/** A log that its server keeps for less is lost by any longer repair of whoever follows it. */
const shortExpiryMs = 3_600_000

/** Nothing mends what a fail-over has lost; so long somebody may see it. */
const lostForMs = 7 * 86_400_000

const kinds: readonly FindingKind[] = ['log-gap', 'slot-danger']

/** Whether the continuous log of a source is whole, recent, and no danger to its server (mark `log/<source>`). */
export const detectLog: Detector = (view) =>
  joinSights(
    [...view.facts.config.sources.values()]
      .filter(({ log }) => log === 'continuous')
      .map((source) => judge(source, view)),
  )

function judge(source: SourceSettings, { facts }: View): Sight {
  const { now, marks } = facts
  const state = parseLogState(marks.get(`log/${source.name}`))
  const subject = { source: source.name }
  const isSilent = state === undefined || now.getTime() - state.at.getTime() > silentAfterMs
  const blind = { unseen: kinds.map((kind) => ({ kind, subject })) }
  // Before the first backup there is no log to follow; that there is none is another finding.
  if (state === undefined) return { observations: [], unseen: [...blind.unseen, { kind: 'log-behind', subject }] }
  const behind = logBehind(source, state, now)
  if (isSilent) return { observations: behind, ...blind }
  return {
    observations: [
      ...behind,
      ...logGap(source, state),
      ...lostTransactions(source, state, now),
      ...slotDanger(source, state),
      ...expiryDanger(source, state, now),
    ],
    unseen: [],
  }
}

/** An idle server has nothing new to follow: what counts is what is known to be durable, or that nobody looks. */
function logBehind(source: SourceSettings, state: LogState, now: Date): Observation[] {
  const silentMs = now.getTime() - state.at.getTime()
  const behindMs = now.getTime() - (state.recoverableUntil ?? state.at).getTime()
  const promisedMs = source.rpoMs ?? behindWithoutPromiseMs
  const isSilent = silentMs > silentAfterMs
  // A connection that is made again within a minute is nobody's business.
  const toleratedMs = Math.min(promisedMs / 2, state.error === undefined ? Number.POSITIVE_INFINITY : troubleAfterMs)
  if (!isSilent && behindMs <= toleratedMs) return []
  const error = errorText(state)
  const until = state.recoverableUntil
  return [
    {
      kind: 'log-behind',
      severity: 'warning',
      subject: { source: source.name },
      title: isSilent
        ? `nobody has followed the log of ${source.name} for ${formatDurationMs(silentMs)}`
        : `the log of ${source.name} is ${formatDurationMs(behindMs)} behind`,
      detail: [
        until === undefined
          ? 'Nothing of it is stored yet.'
          : `Recoverable until ${utcMinute(until)}, ${agoText(until, now)}${source.rpoMs === undefined ? '' : `; promised are ${formatDurationMs(source.rpoMs)}`}.`,
        ...(error === undefined ? [] : [error]),
        isSilent
          ? 'Look whether `holdfast serve` runs on the machine that follows it.'
          : 'Look whether the source can be reached and the repositories take what they are given.',
      ].join('\n'),
      figures: { behindMs, silentMs, promisedMs },
    },
  ]
}

function errorText({ error }: LogState): string | undefined {
  if (error === undefined) return undefined
  if (typeof error === 'string') return `It says: ${error}.`
  return `It says: ${error.message}.${error.hint === undefined ? '' : ` ${error.hint}`}`
}

function logGap(source: SourceSettings, { gap }: LogState): Observation[] {
  if (gap === undefined || gap === false) return []
  const what = typeof gap === 'object' ? `${gap.message}. ` : ''
  return [
    {
      kind: 'log-gap',
      severity: 'critical',
      subject: { source: source.name },
      title: `the log of ${source.name} has a gap`,
      detail: `${what}Instants after the gap cannot be restored until there is a newer backup; one is asked for by itself. \`holdfast coverage ${source.name}\` shows what can be restored; make a backup now with \`holdfast run backup ${source.name}\`.`,
      figures: {},
    },
  ]
}

function lostTransactions(source: SourceSettings, { lost }: LogState, now: Date): Observation[] {
  if (lost === undefined || now.getTime() - lost.at.getTime() > lostForMs) return []
  return [
    {
      kind: 'log-gap',
      about: 'fail-over',
      severity: 'warning',
      subject: { source: source.name },
      title: `a fail-over of ${source.name} lost transactions that had been committed`,
      detail: `${lost.message} (${utcMinute(lost.at)}). ${lost.hint} This passes by itself after ${formatDurationMs(lostForMs)}.`,
      figures: {},
    },
  ]
}

function slotDanger(source: SourceSettings, { slot }: LogState): Observation[] {
  if (slot === undefined) return []
  const { walStatus, safeBytes, keptBytes = 0 } = slot
  const isLost = walStatus === 'lost' || walStatus === 'unreserved'
  const isLittle = safeBytes !== undefined && safeBytes < littleLeftBytes
  const isMuch = safeBytes === undefined && keptBytes > muchKeptBytes
  if (!isLost && !isLittle && !isMuch) return []
  const figures = { keptBytes, ...(safeBytes === undefined ? {} : { safeBytes }) }
  const left = safeBytes === undefined ? '' : `; ${formatSize(Math.max(0, safeBytes))} more until it is given up`
  return [
    {
      kind: 'slot-danger',
      severity: isLost || isLittle ? 'critical' : 'warning',
      subject: { source: source.name },
      title: isLost
        ? `the server of ${source.name} has given up its replication slot, or is about to`
        : `the server of ${source.name} keeps ${formatSize(keptBytes)} of log for its replication slot`,
      detail: isMuch
        ? 'It has no limit, so its disk can fill up. See what keeps the log from being stored, or set a limit with max_slot_wal_keep_size; beyond it the log has a gap, but the server lives.'
        : `wal_status is ${walStatus}, ${formatSize(keptBytes)} kept${left}. Raise max_slot_wal_keep_size, and find out why the repository or the network is too slow.`,
      figures,
    },
  ]
}

/** A binary log is dropped by its server when it is old enough, whether it is stored or not. */
function expiryDanger(source: SourceSettings, state: LogState, now: Date): Observation[] {
  const { expiryMs } = state
  if (expiryMs === undefined) return []
  const behindMs = now.getTime() - (state.recoverableUntil ?? state.at).getTime()
  const isNear = behindMs > expiryMs / 2
  if (!isNear && expiryMs >= shortExpiryMs) return []
  const kept = formatDurationMs(expiryMs)
  return [
    {
      kind: 'slot-danger',
      severity: isNear ? 'critical' : 'warning',
      subject: { source: source.name },
      title: isNear
        ? `the server of ${source.name} is about to drop binary log that is not stored`
        : `the server of ${source.name} keeps its binary log for ${kept} only`,
      detail: isNear
        ? `It keeps its log for ${kept}, and what is stored is ${formatDurationMs(behindMs)} behind. Raise binlog_expire_logs_seconds now (SET GLOBAL), and find out why the log is not stored.`
        : 'What is not stored by then is lost, and the log has a gap. Set binlog_expire_logs_seconds to longer than the follower may ever be down.',
      figures: { expiryMs, behindMs },
    },
  ]
}
