import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { describe, expect, it } from 'vitest'
import { FindingBoard } from './finding-board.ts'
import { noteSlotState, type SlotState } from './slot-watch.ts'

const gib = 1024 ** 3

function told(...states: readonly Partial<SlotState>[]): string[] {
  const findings = new FindingBoard()
  const codes: string[] = []
  const emit = (event: Event): void => {
    if (event.type === 'finding.noted') codes.push(event.code)
  }
  for (const state of states) {
    const whole = { walStatus: 'reserved', safeBytes: undefined, keptBytes: 0, ...state }
    noteSlotState('shop', whole, findings, quietContext({ emit }))
  }
  return codes
}

describe('watching a slot', () => {
  it('says nothing while all is well', () => {
    expect(told({}, { walStatus: 'extended', safeBytes: gib }, { keptBytes: gib })).toEqual([])
  })

  it('tells once that the server may give the slot up, and again when that had passed', () => {
    const danger = { walStatus: 'unreserved' }
    expect(told(danger, danger)).toEqual(['POSTGRES_SLOT_ENDANGERED'])
    expect(told(danger, {}, danger)).toEqual(['POSTGRES_SLOT_ENDANGERED', 'POSTGRES_SLOT_ENDANGERED'])
    expect(told({ safeBytes: 1000 }, { safeBytes: 900 })).toEqual(['POSTGRES_SLOT_ENDANGERED'])
  })

  it('tells that the disk is in danger when there is no limit, and again each time it has doubled', () => {
    const kept = [5, 6, 9, 10, 20].map((each) => ({ keptBytes: each * gib }))
    expect(told(...kept)).toEqual(Array.from({ length: 3 }, () => 'POSTGRES_DISK_ENDANGERED'))
    expect(told({ keptBytes: 20 * gib, safeBytes: gib })).toEqual([])
  })
})
