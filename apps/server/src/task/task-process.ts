/**
 * A process that does one task and ends: what a backup needs of memory goes back to the system with it, and if it dies,
 * the server does not. When the server dies, it stops.
 */
import v8 from 'node:v8'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import { resolveSecret } from '@holdfast/orchestrator/config/resolve-secret'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { openConfiguredCatalogue } from '@holdfast/orchestrator/operation/open-configured-catalogue'
import type { OperationReport } from '@holdfast/orchestrator/operation/operation-report'
import { createRepositoryPool } from '@holdfast/orchestrator/operation/repository-pool'
import { type FromTaskProcess, postError, type ToTaskProcess } from './task-message.ts'

type Begin = ToTaskProcess & { readonly type: 'begin' }

/** Who is told to stop has so long to give back locks. */
const graceMs = 15_000

// smaller heaps in every thread, at no cost that could be measured
v8.setFlagsFromString('--optimize-for-size')

const stop = new AbortController()

function abandon(): void {
  stop.abort(new AppError('INTERRUPTED', {}))
  setTimeout(() => process.exit(1), graceMs).unref()
}

process.on('disconnect', abandon)
// These reach the whole group when they are typed at a terminal: the server decides what becomes of its tasks.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('SIGTERM', abandon)
process.on('message', (message: ToTaskProcess) => {
  if (message.type === 'stop') abandon()
  else void begin(message)
})

async function begin(message: Begin): Promise<void> {
  const answer = await doTask(message).then(
    (report): FromTaskProcess => ({ type: 'done', report }),
    (error: unknown): FromTaskProcess => ({ type: 'failed', error: postError(error) }),
  )
  if (process.connected) process.send?.(answer, () => process.exit(0))
  else process.exit(1)
}

async function doTask({ task, config, machine: facts }: Begin): Promise<OperationReport> {
  const variables = (name: string): string | undefined => process.env[name]
  const ctx: Context = { signal: stop.signal, now: () => new Date(), emit: forward }
  const machine: Machine = {
    ...facts,
    identity: { ...facts.identity, pid: process.pid },
    variable: variables,
    random: Math.random,
    resolveSecret: (reference, own) => resolveSecret(reference, { variables }, own),
  }
  await using catalogue = await openConfiguredCatalogue(config.catalogue, machine, ctx)
  await using repositories = createRepositoryPool(config.repositories, machine)
  const given = { config, catalogue, repositories, machine }
  if (task.type === 'run') {
    const { executeRun } = await import('@holdfast/orchestrator/operation/execute-run')
    return await executeRun(task.run, given, ctx)
  }
  const { copyCatalogue } = await import('@holdfast/orchestrator/operation/copy-catalogue')
  return await copyCatalogue(task.settings, given, ctx)
}

function forward(event: Event): void {
  if (event.type.endsWith('.progressed') || event.type === 'item.processed' || !process.connected) return
  process.send?.({ type: 'event', event } satisfies FromTaskProcess)
}
