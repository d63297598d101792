/**
 * One failure of the storage at each call of an operation in turn. Each operation ends well or with an error that says
 * what is wrong, loses nothing, and is completed by doing it again.
 */
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { type Fault, withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { withRetry } from '@holdfast/storage/decorate/with-retry'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { behind, cloneToMemory, createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { type Contents, contentsOf, expectDone, expectNothingLost } from './oracle.ts'
import { operate, operationNames, type OperationSite, prepareSite } from './scenario.ts'
import { isFullSweep } from './sweep.ts'

const ctx = quietContext()
const scratch = openScratch()
const base: OperationSite = {
  repository: { ...(await createScenarioRepository(createMemoryBackend(), ctx)) },
  destination: await createScenarioRepository(createMemoryBackend(), ctx),
  source: scratch.place('source'),
}
let before: Contents

beforeAll(async () => {
  await prepareSite(base, ctx)
  before = await contentsOf(base, ctx)
})
afterAll(() => scratch[Symbol.dispose]())

/** What goes wrong, and whether retries stand in front of it. */
const variants: readonly { fault: Fault; retries: boolean }[] = [
  { fault: 'fail-before', retries: false },
  { fault: 'fail-after', retries: false },
  { fault: 'permanent', retries: false },
  { fault: 'fail-before', retries: true },
  { fault: 'fail-after', retries: true },
]

async function freshSite(): Promise<OperationSite> {
  const { repository, destination, source } = base
  return {
    repository: behind(repository, await cloneToMemory(repository.backend, ctx)),
    destination: behind(destination, await cloneToMemory(destination.backend, ctx)),
    source,
  }
}

/** The site with both backends behind a decorator that counts the calls of both together. */
function disturbed(site: OperationSite, at: number, variant: (typeof variants)[number]): [OperationSite, () => number] {
  let calls = 0
  const disturb = (backend: Backend): Backend => {
    const faulty = withFaultInjection(backend, () => (calls++ === at ? variant.fault : undefined))
    return variant.retries ? withRetry(faulty, { sleep: () => Promise.resolve() }) : faulty
  }
  const repository = behind(site.repository, disturb(site.repository.backend))
  const destination = behind(site.destination, disturb(site.destination.backend))
  return [{ ...site, repository, destination }, () => calls]
}

describe.each(operationNames)('%s with one failing call', (name) => {
  const share = isFullSweep
    ? 'each in every way'
    : 'every third in one of five ways, each in every way with HOLDFAST_TEST_SWEEP=full'
  test(`loses nothing and is completed by a repetition, whichever call fails (${share})`, async () => {
    const [counting, calls] = disturbed(await freshSite(), -1, { fault: 'permanent', retries: false })
    await operate(name, counting, ctx)
    const total = calls()
    expect(total).toBeGreaterThan(8)
    let failed = 0
    for (let at = 0; at < total; at++) {
      for (const [number, variant] of variants.entries()) {
        // 3 and the number of ways have no divisor in common, so every way is met
        if (!isFullSweep && (at % 3 !== 0 || (at / 3 + name.length) % variants.length !== number)) continue
        const what = `${name}, call ${at} of ${total}, ${String(variant.fault)}${variant.retries ? ' with retries' : ''}`
        const site = await freshSite()
        const [faulty] = disturbed(site, at, variant)
        try {
          await operate(name, faulty, ctx)
        } catch (error) {
          failed++
          expect(isAppError(error), `${what}: ${String(error)}`).toBe(true)
          expect(variant.retries, `${what}: ${String(error)}`).toBe(false)
        }
        await expectNothingLost(name, before, site, what, ctx)
        await operate(name, site, ctx)
        await expectDone(name, before, site, what, ctx)
      }
    }
    expect(failed).toBeGreaterThan(isFullSweep ? 3 : 1)
  })
})
