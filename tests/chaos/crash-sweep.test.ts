/** A process is killed right before each change that an operation makes to a repository on the local disk. */
import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createScenarioRepository, reopen } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { type Contents, contentsOf, expectDone, expectNothingLost } from './oracle.ts'
import { operate, type OperationName, operationNames, type OperationSite, prepareSite } from './scenario.ts'
import { isFullSweep } from './sweep.ts'

const ctx = quietContext()
const scratch = openScratch()
const driver = join(import.meta.dirname, 'crash-driver.ts')
const source = scratch.place('source')
const paths = { repository: scratch.place('repository'), destination: scratch.place('destination') }
let before: Contents

beforeAll(async () => {
  const base: OperationSite = {
    repository: await createScenarioRepository(createLocalBackend(paths.repository), ctx),
    destination: await createScenarioRepository(createLocalBackend(paths.destination), ctx),
    source,
  }
  await prepareSite(base, ctx)
  before = await contentsOf(base, ctx)
})
afterAll(() => scratch[Symbol.dispose]())

interface Place {
  readonly repository: string
  readonly destination: string
}

function freshPlace(): Place {
  const place = { repository: scratch.place('repository'), destination: scratch.place('destination') }
  cpSync(paths.repository, place.repository, { recursive: true })
  cpSync(paths.destination, place.destination, { recursive: true })
  return place
}

async function openSite(place: Place): Promise<OperationSite> {
  return {
    repository: await reopen(createLocalBackend(place.repository), ctx),
    destination: await reopen(createLocalBackend(place.destination), ctx),
    source,
  }
}

/** Runs the operation in a process of its own; returns the signal that ended it and what it printed. */
function drive(name: OperationName, place: Place, killAt: number): Promise<{ signal: string; output: string }> {
  return new Promise((resolve) => {
    const args = [driver, name, place.repository, place.destination, source, String(killAt)]
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ signal: error?.signal ?? '', output: stdout + stderr })
    })
  })
}

describe.each(operationNames)('%s in a process that is killed', (name) => {
  const share = isFullSweep ? 'each change' : 'every fourth change, each with HOLDFAST_TEST_SWEEP=full'
  test(`loses nothing and is completed by the next process, wherever it died (${share})`, async () => {
    const { signal, output } = await drive(name, freshPlace(), -1)
    expect(signal, output).toBe('')
    const total = Number(output)
    expect(total).toBeGreaterThan(2)
    for (let killAt = isFullSweep ? 0 : name.length % 4; killAt < total; killAt += isFullSweep ? 1 : 4) {
      const what = `${name}, killed before change ${killAt} of ${total}`
      const place = freshPlace()
      expect(await drive(name, place, killAt), what).toMatchObject({ signal: 'SIGKILL' })
      const site = await openSite(place)
      await expectNothingLost(name, before, site, what, ctx)
      await operate(name, site, ctx)
      await expectDone(name, before, site, what, ctx)
    }
  })
})
