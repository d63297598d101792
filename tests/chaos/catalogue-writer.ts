/**
 * Writes into a catalogue in SQLite until it is killed, and acknowledges on standard output, at once and unbuffered, each
 * thing that was acknowledged to it. Run: node catalogue-writer.ts <path> <name>
 */
import { writeSync } from 'node:fs'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'

const [, , path = '', name = ''] = process.argv
const ctx = quietContext()
await using catalogue = await openCatalogue({ type: 'sqlite', path }, ctx)
await using queue = await openRunQueue(catalogue, ctx)
const acknowledge = (what: string): void => void writeSync(1, `${what}\n`)

for (let count = 0; ; count++) {
  const key = `${name}/${process.pid}/${count}`
  await catalogue.marks.set(key, key.repeat(50))
  acknowledge(`mark ${key}`)
  const run = await queue.enqueue({
    operation: 'backup',
    source: name,
    arguments: {},
    cause: { type: 'manual', by: key },
    uniqueKey: key,
    exclusiveKeys: [`source/${name}`],
    limitKeys: [],
    dueAt: new Date(0),
    priority: 0,
    timeoutMs: 1000,
    attempts: 1000,
  })
  acknowledge(`queued ${run?.id}`)
  // What a killed process had begun goes on after its lease.
  await queue.expire()
  const leased = await queue.lease(key, { leaseMs: 50, limits: new Map() })
  if (leased === undefined) continue
  acknowledge(`running ${leased.id}`)
  const at = new Date(count)
  await catalogue.snapshots.add([{ repository: 'main', snapshotId: leased.id, source: name, time: at, lineage: key }])
  acknowledge(`snapshot ${leased.id}`)
  if (await queue.finish(leased.id, key, { state: 'succeeded' })) acknowledge(`succeeded ${leased.id}`)
}
