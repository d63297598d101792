import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { createServerLog } from './server-log.ts'

let nowMs = Date.parse('2026-11-21T10:00:00Z')

function logged(use: (log: ReturnType<typeof createServerLog>) => void): readonly unknown[] {
  const lines: string[] = []
  nowMs = Date.parse('2026-11-21T10:00:00Z')
  use(createServerLog({ write: (line) => lines.push(line) }, () => new Date(nowMs)))
  return lines.map((line): unknown => JSON.parse(line))
}

test('each line is one object with time, level and message', () => {
  expect(logged((log) => log.write('info', 'two\nlines', { run: '1', source: undefined }))).toEqual([
    { time: '2026-11-21T10:00:00.000Z', level: 'info', message: 'two\nlines', run: '1' },
  ])
})

test('progress is not written, what should be known is', () => {
  const lines = logged((log) => {
    log.event({ type: 'work.progressed', work: 'prune', unit: 'packs', done: 1 })
    log.event({ type: 'message.noted', level: 'warning', message: 'mind the gap' }, { run: '1' })
    log.event({ type: 'item.failed', during: 'archival', item: '/a', error: 'permission denied' })
  })
  expect(lines).toMatchObject([
    { level: 'warning', message: 'mind the gap', run: '1' },
    { level: 'warning', message: '/a: permission denied' },
  ])
})

test('a failure that people can act on says how, a mistake of the program says where', () => {
  const [known, unknown] = logged((log) => {
    log.failure('no luck', new AppError('RUN_UNKNOWN', { id: 'x' }))
    log.failure('no luck', new Error('odd'))
  })
  expect(known).toMatchObject({ level: 'error', message: 'no luck: there is no run x', code: 'RUN_UNKNOWN' })
  expect(known).not.toHaveProperty('stack')
  expect(unknown).toMatchObject({ message: 'no luck: odd' })
  expect(unknown).toHaveProperty('stack')
})

test('what happens again and again is written once a minute, with how often it came', () => {
  const lines = logged((log) => {
    for (let second = 0; second < 90; second++) {
      log.event({ type: 'message.noted', level: 'warning', message: 'the catalogue is away' })
      nowMs += 1000
    }
    log.event({ type: 'message.noted', level: 'warning', message: 'something else' })
  })
  expect(lines).toMatchObject([
    { message: 'the catalogue is away' },
    { message: 'the catalogue is away', repeated: 59 },
    { message: 'something else' },
  ])
  expect(lines[0]).not.toHaveProperty('repeated')
})
