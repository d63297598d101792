import type { Event } from '@holdfast/core/events/event'
import { expect, test } from 'vitest'
import { afterEvent, type FollowState, readFollowState, withoutClosedGap } from './follow-state.ts'

const now = new Date('2026-11-21T10:00:00Z')
const state: FollowState = { at: '2026-11-21T09:00:00.000Z' }
const finding = (code: string): Event => ({ type: 'finding.noted', code, message: 'what happened', hint: 'Do.' })
const followed: Event = {
  type: 'log.followed',
  timeline: 1,
  received: '0/2',
  durable: '0/1',
  segments: 1,
  bytesReceived: 1,
  recoverableUntil: '2026-11-21T09:59:59.5Z',
}

test('progress says until when everything can be recovered, and ends an error', () => {
  const failing = afterEvent(state, finding('POSTGRES_FOLLOWING_INTERRUPTED'), now)
  expect(failing.error?.code).toBe('POSTGRES_FOLLOWING_INTERRUPTED')
  const after = afterEvent(failing, followed, now)
  expect(after).toEqual({ at: now.toISOString(), durable: '0/1', recoverableUntil: '2026-11-21T09:59:59.5Z' })
})

test('what a fail-over has lost is kept, and is no gap', () => {
  const after = afterEvent(afterEvent(state, finding('MYSQL_FAILOVER_LOST_TRANSACTIONS'), now), followed, now)
  expect(after.lost).toEqual({ at: now.toISOString(), message: 'what happened', hint: 'Do.' })
  expect(after.gap).toBeUndefined()
})

test('a gap stays until a base backup has begun after it', () => {
  const gap = afterEvent(afterEvent(state, finding('POSTGRES_WAL_GAP'), now), followed, now)
  expect(gap.gap).toEqual({ at: now.toISOString(), message: 'what happened' })
  expect(withoutClosedGap(gap, undefined).gap).toBeDefined()
  expect(withoutClosedGap(gap, new Date(now.getTime() - 1)).gap).toBeDefined()
  expect(withoutClosedGap(gap, new Date(now.getTime() + 1)).gap).toBeUndefined()
})

test.each(['MYSQL_BINLOG_GAP', 'MYSQL_BINLOG_BEGAN_ANEW', 'MYSQL_SERVER_BEHIND'])(
  '%s is a gap as well: what follows is recovered only from a backup made after it',
  (code) => {
    expect(afterEvent(state, finding(code), now).gap).toEqual({ at: now.toISOString(), message: 'what happened' })
  },
)

test('an interrupted binary log is an error until it goes on', () => {
  const failing = afterEvent(state, finding('MYSQL_FOLLOWING_INTERRUPTED'), now)
  expect(failing.error?.code).toBe('MYSQL_FOLLOWING_INTERRUPTED')
  expect(afterEvent(failing, followed, now).error).toBeUndefined()
})

test('what concerns others leaves the state as it is', () => {
  expect(afterEvent(state, finding('POSTGRES_SLOT_UNWATCHED'), now)).toBe(state)
  expect(afterEvent(state, { type: 'message.noted', level: 'info', message: '' }, now)).toBe(state)
})

test('a mark is read again as it was written, and what cannot be read is not there', () => {
  const written = afterEvent(state, finding('POSTGRES_WAL_GAP'), now)
  expect(readFollowState(JSON.stringify(written))).toEqual(written)
  expect(readFollowState(undefined)).toBeUndefined()
  expect(readFollowState('{"no":1}')).toBeUndefined()
})
