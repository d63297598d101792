/** Times are written in the zone of the process, so both programs must agree on every zone's rules, past ones included. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { setTimes } from '@holdfast/repository/native/times'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createScenarioRepository, scenarioPassword } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { listedTrees, programs, resticOn, summaryOf } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
const source = scratch.place('source')
const program = join(import.meta.dirname, '../../apps/cli/src/main.ts')
/** With summer time, with half hours, with summer time of half an hour, without anything. */
const zones = ['America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Europe/Dublin']

/** One instant in each half of some years, among them ones before the epoch and ones near changes of the clock. */
function makeTimes(): void {
  mkdirSync(source)
  const years = [1935, 1952, 1969, 1971, 1986, 2007, 2026, 2037]
  const instants = years.flatMap((year) => [Date.UTC(year, 0, 15, 3), Date.UTC(year, 6, 15, 3, 30)])
  const changes = [Date.UTC(2024, 2, 10, 6, 59, 59), Date.UTC(2024, 2, 10, 7), Date.UTC(2024, 9, 27, 0, 59, 59, 999)]
  for (const [at, instant] of [...instants, ...changes].entries()) {
    const path = join(source, `time-${at}`)
    writeFileSync(path, 'x')
    const ns = BigInt(instant) * 1_000_000n + BigInt(at % 3) * 100n
    setTimes(path, ns, ns)
  }
}

beforeAll(makeTimes)
afterAll(() => scratch[Symbol.dispose]())

describe.each(programs)('%s', (restic) => {
  test.each(zones)('writes the same trees as our program when both run in the zone %s', async (timeZone) => {
    const path = scratch.place('repository')
    const repository = await createScenarioRepository(createLocalBackend(path), ctx)
    const own = { HOLDFAST_REPOSITORY: path, HOLDFAST_PASSWORD: scenarioPassword, HOME: scratch.path }
    // oxlint-disable-next-line node/no-process-env
    const env = { TZ: timeZone, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...own }
    execFileSync(process.execPath, [program, 'backup', '--quiet', '--host', 'scenario', basename(source)], {
      env,
      cwd: scratch.path,
    })
    const theirs = resticOn(restic, path)
    const output = await theirs(['backup', '--json', '--force', '--host', 'scenario', basename(source)], {
      timeZone,
      workingDirectory: scratch.path,
    })
    expect(summaryOf(output)).toMatchObject({ data_blobs: 0, tree_blobs: 0 })
    const [ours] = await listSnapshots(repository, {}, ctx)
    expect(await listedTrees(theirs)).toEqual([ours?.snapshot.tree, ours?.snapshot.tree])
  })
})
