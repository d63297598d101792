import { setTimeout as pause } from 'node:timers/promises'
import { quietContext, withSignal } from '@holdfast/core/context'
import { followSource } from '../../log/follow-source.ts'
import type { OperationFixture } from '../../operation/testing/operation-fixture.ts'
import { readRecoverableTime } from '../recoverable-time.ts'

const patienceMs = 120_000

/** For tests: follows the log of a source into the repository "first" until this instant can be recovered. */
export async function followUntil(fixture: OperationFixture, name: string, instant: string): Promise<void> {
  const stop = new AbortController()
  const ctx = withSignal(quietContext(), AbortSignal.any([stop.signal, AbortSignal.timeout(patienceMs)]))
  await fixture.surround(async ({ config, machine, repositories }) => {
    const source = config.sources.get(name)
    const workload = source?.workload
    if (source === undefined || (workload?.type !== 'postgresql' && workload?.type !== 'mysql')) {
      throw new Error(`${name} has no log`)
    }
    const following = followSource({ source, workload, repositories, machine, host: config.host }, ctx)
    const reached = async (): Promise<void> => {
      const repository = await repositories.open('first', ctx)
      for (;;) {
        const { ranges } = await readRecoverableTime(repository, source, undefined, ctx)
        if ((ranges.at(-1)?.until ?? '') > instant) return
        await pause(100, undefined, { signal: ctx.signal })
      }
    }
    await Promise.race([reached(), following])
    stop.abort()
    await following
  })
}
