import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { createServerLog } from '../server-log.ts'
import { createRefusalNotes } from './note-refusal.ts'

function setUp() {
  let nowMs = Date.parse('2026-11-21T12:00:00Z')
  const ctx = quietContext({ now: () => new Date(nowMs) })
  const lines: string[] = []
  const marks: string[] = []
  const log = createServerLog({ write: (line) => lines.push(line) }, () => ctx.now())
  const note = createRefusalNotes(log, { set: async (key, value) => void marks.push(`${key} ${value}`) })
  const denied = (action: string, agent = 'web') => note(new AppError('GATEWAY_DENIED', { agent, action }), ctx)
  const advance = (ms: number): void => void (nowMs += ms)
  return { lines, marks, note, denied, advance, ctx }
}

test('a write-only agent that asks for packs, and a lock that is not removed, are no reason for a finding', async () => {
  const { denied, marks, lines } = setUp()
  await denied('GET data/0123')
  await denied('DELETE locks/0123')
  expect(marks).toEqual([])
  expect(lines).toHaveLength(2)
})

test('removing, forging and asking for what is another’s are', async () => {
  const { denied, note, marks, ctx, advance } = setUp()
  for (const action of ['DELETE data/0123', 'POST config', 'GET /gateway/foreign/config']) {
    await denied(action)
    advance(60_000)
  }
  const details = { agent: 'web', file: 'snapshots/0123', reason: 'its time is past' }
  await note(new AppError('GATEWAY_FILE_REFUSED', details), ctx)
  expect(marks).toHaveLength(4)
  expect(marks[0]).toContain('gateway-refused/web {"at":"2026-11-21T12:00:00.000Z","what":"agent web may not DELETE')
})

test('who tries a thousand things fills neither the log nor the catalogue, and hides nobody else', async () => {
  const { denied, marks, lines } = setUp()
  for (let i = 0; i < 1000; i++) await denied(`DELETE data/${i}`)
  expect([lines.length, marks.length]).toEqual([20, 1])
  await denied('DELETE data/0', 'vault')
  expect([lines.length, marks.length]).toEqual([21, 2])
})

test('trouble of the server is no refusal', async () => {
  const { note, marks, lines, ctx } = setUp()
  await note(new AppError('GATEWAY_BUSY', { agent: 'web' }), ctx)
  await note(new Error('a mistake'), ctx)
  expect([lines, marks]).toEqual([[], []])
})
