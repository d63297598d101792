/**
 * The power fails after each change that an operation makes, on a disk with a write cache: of what was not flushed, any part
 * may have reached the disk. Whatever is listed afterwards must be whole: packs last before their index, the index before
 * the snapshot, and nothing is removed before what replaces it lasts.
 */
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { behind, createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { type Contents, contentsOf, expectDone, expectNothingLost } from './oracle.ts'
import { operate, operationNames, type OperationSite, prepareSite } from './scenario.ts'
import { isFullSweep } from './sweep.ts'
import { createVolatileBackend } from './volatile-backend.ts'

const ctx = quietContext()
const scratch = openScratch()
const base: OperationSite = {
  repository: await createScenarioRepository(createMemoryBackend(), ctx),
  destination: await createScenarioRepository(createMemoryBackend(), ctx),
  source: scratch.place('source'),
}
let before: Contents

beforeAll(async () => {
  await prepareSite(base, ctx)
  before = await contentsOf(base, ctx)
})
afterAll(() => scratch[Symbol.dispose]())

describe.each(operationNames)('%s, when the power fails', (name) => {
  test('leaves whole snapshots only, whatever of its last changes has reached the disk', async () => {
    const random = new SeededRandom(name.length)
    const part = name === 'copy' ? 'destination' : 'repository'
    let completed = false
    for (let cutAt = 1; !completed; cutAt++) {
      const disk = await createVolatileBackend(base[part].backend, cutAt, ctx)
      const site = { ...base, [part]: behind(base[part], disk) }
      try {
        await operate(name, site, ctx)
        completed = true
      } catch (error) {
        expect(isAppError(error), String(error)).toBe(true)
      }
      const last = disk.unflushed - 1
      const survivors: ((position: number) => boolean)[] = [
        () => false,
        () => true,
        (position) => position === last,
        (position) => position !== last,
        ...Array.from({ length: isFullSweep ? 6 : 3 }, () => () => random.next() < 0.5),
      ]
      for (const [number, survives] of survivors.entries()) {
        const what = `${name}, cut after change ${cutAt}, survivors ${number} of ${last + 1}`
        const after = { ...base, [part]: behind(base[part], await disk.afterCut(survives, ctx)) }
        await expectNothingLost(name, before, after, what, ctx)
        // every third, which have no divisor in common with the number of survivors
        if (number !== cutAt % survivors.length || cutAt % 3 !== 0) continue
        await operate(name, after, ctx)
        await expectDone(name, before, after, what, ctx)
      }
    }
  })
})
