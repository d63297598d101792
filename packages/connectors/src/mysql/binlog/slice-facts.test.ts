import { expect, it } from 'vitest'
import { parseSliceFacts, type SliceFacts } from './slice-facts.ts'

const facts: SliceFacts = {
  formatVersion: 1,
  file: 'binlog.000003',
  generation: 2,
  startPosition: 0,
  endPosition: 400,
  endsFile: false,
  fileCreatedAt: 1_700_000_000,
  serverId: 2,
  commits: 3,
  gtid: '0-2-9',
  gtids: '0-1-7,0-2-9',
  follows: { generation: 1, position: 250, gtids: '0-1-7' },
}

it('reads facts as they were written, a fail-over among them, and those of older logs', () => {
  expect(parseSliceFacts(JSON.parse(JSON.stringify(facts)))).toEqual(facts)
  const { gtids: _gtids, follows: _follows, ...older } = facts
  expect(parseSliceFacts(older)).toEqual(older)
})

it('takes what is half a fail-over for no facts: without it, what follows would seem to have no beginning', () => {
  expect(parseSliceFacts({ ...facts, follows: { generation: 1, position: 250 } })).toBeUndefined()
  expect(parseSliceFacts({ ...facts, gtids: 7 })).toBeUndefined()
})
