/**
 * Two processes that write into one catalogue in SQLite, both killed with SIGKILL at random, again and again, on the same
 * file. HOLDFAST_CHAOS_KILLS says how often (8), HOLDFAST_TEST_SEED when (5).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue, type OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'

// oxlint-disable-next-line node/no-process-env
const { HOLDFAST_CHAOS_KILLS: kills = '8', HOLDFAST_TEST_SEED: seed = '5' } = process.env
const writer = join(import.meta.dirname, 'catalogue-writer.ts')

/** A disk may be so slow that it acknowledges no more in the time that it has. */
const leastLines = 11

/** Runs a writer until it has acknowledged some things and some time has passed; returns what it acknowledged. */
async function writeAndDie(path: string, name: string, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('latin1')
  })
  const over = once(child, 'close')
  while (output.split('\n').length <= leastLines && child.exitCode === null) await pause(1)
  await pause(afterMs)
  child.kill('SIGKILL')
  const [exitCode, signal] = await over
  expect({ exitCode, signal }).toEqual({ exitCode: null, signal: 'SIGKILL' })
  // a line that was cut is no acknowledgement
  return output.split('\n').slice(0, -1)
}

/** What was acknowledged and is not there, or not as far as it was. */
async function missing(catalogue: OpenedCatalogue, acknowledged: readonly string[]): Promise<string[]> {
  const marks = await catalogue.marks.list('')
  const runs = new Map((await catalogue.runs.list({})).map((run) => [run.id, run]))
  const snapshots = new Set((await catalogue.snapshots.list({})).map(({ snapshotId }) => snapshotId))
  return acknowledged.filter((line) => {
    const [what = '', id = ''] = line.split(' ')
    const run = runs.get(id)
    if (what === 'mark') return marks.get(id) !== id.repeat(50)
    if (what === 'snapshot') return !snapshots.has(id)
    if (what === 'queued') return run === undefined
    if (what === 'running') return run === undefined || run.attempt === 0
    return run?.state !== 'succeeded'
  })
}

test(
  `a catalogue whose writers are killed loses nothing that was acknowledged and needs no repair (${kills} times, seed ${seed})`,
  async () => {
    const random = new SeededRandom(Number(seed))
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-killed-'))
    const path = join(directory, 'catalogue.db')
    const acknowledged: string[] = []
    try {
      for (let count = 0; count < Number(kills); count++) {
        const deaths = ['a', 'b'].map((name) => writeAndDie(path, name, random.below(250)))
        acknowledged.push(...(await Promise.all(deaths)).flat())
        await using catalogue = await openCatalogue({ type: 'sqlite', path }, quietContext())
        expect(await missing(catalogue, acknowledged), `after kill ${count}`).toEqual([])
        const running = await catalogue.runs.list({ states: ['running'] })
        expect(new Set(running.map(({ source }) => source)).size).toBe(running.length)
      }
      using database = new DatabaseSync(path)
      expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      // every key is held by a run that is running
      const stray = "select key from held_keys where run_id not in (select id from runs where state = 'running')"
      expect(database.prepare(stray).all()).toEqual([])
      const overview = database.prepare('select sum(count) as count from snapshot_overviews').get()
      expect(overview).toEqual(database.prepare('select count(*) as count from snapshots').get())
      process.stdout.write(`${kills} times two kills, ${acknowledged.length} acknowledgements, none lost\n`)
      expect(acknowledged.length).toBeGreaterThan(Number(kills) * 20)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
  Number(kills) * 10_000 + 30_000,
)
