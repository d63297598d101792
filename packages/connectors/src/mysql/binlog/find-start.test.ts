import { expect, it } from 'vitest'
import { decideStart } from './find-start.ts'

const logs = ['binlog.000003', 'binlog.000004', 'binlog.000005'].map((file) => ({ file, sizeBytes: 1000 }))
const last = { file: 'binlog.000004', endPosition: 700, endsFile: false, generation: 2, fileCreatedAt: 40 }
const created = async (): Promise<number> => 40

it('goes on exactly where the log ends', async () => {
  expect(await decideStart(last, { logs }, created)).toEqual({
    file: 'binlog.000004',
    startPosition: 700,
    generation: 2,
    continues: true,
  })
})

it('goes on with the next file when the last one is whole, also when that was purged meanwhile', async () => {
  const whole = { ...last, endsFile: true }
  const next = { file: 'binlog.000005', startPosition: 0, generation: 2, continues: true }
  expect(await decideStart(whole, { logs }, created)).toEqual(next)
  expect(await decideStart(whole, { logs: logs.slice(2) }, created)).toEqual(next)
})

it('begins with the file of the backup, or else the newest', async () => {
  expect(await decideStart(undefined, { logs, wanted: 'binlog.000003' }, created)).toMatchObject({
    file: 'binlog.000003',
    generation: 1,
  })
  expect(await decideStart(undefined, { logs, wanted: 'binlog.000001' }, created)).toMatchObject({
    file: 'binlog.000005',
  })
})

it('tells a log that was purged from one that began anew and from a server that lost its end', async () => {
  const purged = { ...last, file: 'binlog.000001' }
  expect(await decideStart(purged, { logs }, created)).toMatchObject({
    problem: 'purged',
    file: 'binlog.000003',
    generation: 2,
  })
  expect(await decideStart(last, { logs }, async () => 99)).toMatchObject({ problem: 'began-anew', generation: 3 })
  const ahead = { ...last, file: 'binlog.000009' }
  expect(await decideStart(ahead, { logs }, created)).toMatchObject({ problem: 'began-anew', generation: 3 })
  const longer = { ...last, endPosition: 1001 }
  expect(await decideStart(longer, { logs }, created)).toMatchObject({
    problem: 'server-behind',
    file: 'binlog.000005',
    generation: 3,
  })
})
