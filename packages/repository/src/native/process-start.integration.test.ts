import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { processStart } from './process-start.ts'

test('a process keeps its start time, a later one has a later time, a dead one has none', async () => {
  const own = processStart(process.pid)
  expect(own).toBe(processStart(process.pid))
  expect(own).toBeGreaterThan(0)
  // A name with a blank and a parenthesis must not shift the fields.
  const child = spawn('/bin/sh', ['-c', "printf 'a) b' > /proc/self/comm; echo ready; read line"], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const start = processStart(child.pid ?? 0)
  expect(start).toBeGreaterThanOrEqual(own ?? Infinity)
  expect(start).toBeLessThan((own ?? 0) + 100 * 3600)
  child.stdin.end()
  await once(child, 'close')
  expect(processStart(child.pid ?? 0)).toBeUndefined()
})
