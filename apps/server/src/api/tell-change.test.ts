import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { createServerLog } from '../server-log.ts'
import { tellChange } from './tell-change.ts'

test('a client that has left meanwhile is no failure', async () => {
  const lines: string[] = []
  const log = createServerLog({ write: (line) => lines.push(line) }, () => new Date())
  const interrupted = (): Promise<never> => Promise.reject(new AppError('INTERRUPTED', {}))
  const status = { read: interrupted, forget: () => {} }
  const feed = { listen: interrupted, look: interrupted, progressed: () => {}, reloaded: () => {} }
  await tellChange({ status, feed, log }, quietContext({ signal: AbortSignal.abort() }))
  expect(lines).toEqual([])
})

test('what was done stays done when it cannot be told: the next who asks sees it, the log says why', async () => {
  const lines: string[] = []
  const log = createServerLog({ write: (line) => lines.push(line) }, () => new Date())
  const reason = 'it is restarted'
  const failed = new AppError('CATALOGUE_UNREACHABLE', { catalogue: 'postgresql://db/holdfast', reason })
  let forgotten = 0
  const status = { read: () => Promise.reject(failed), forget: () => void (forgotten += 1) }
  const feed = {
    ...{ listen: () => Promise.reject(failed), look: () => Promise.reject(failed) },
    ...{ progressed: () => {}, reloaded: () => {} },
  }
  await tellChange({ status, feed, log }, quietContext())
  expect(forgotten).toBe(1)
  expect(lines.join('')).toContain(reason)
})
