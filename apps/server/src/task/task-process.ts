/**
 * A process that does one task and ends: what a backup needs of memory goes back to the system with it, and if it dies,
 * the server does not. When the server dies, it stops.
 */
import v8 from 'node:v8'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import { endProcess } from '@holdfast/repository/native/end-process'
import { type FromTaskProcess, postError, type Task, type TaskResults, type ToTaskProcess } from './task-message.ts'

/** Who is told to stop has so long to give back locks. */
const graceMs = 15_000

// smaller heaps in every thread, at no cost that could be measured
v8.setFlagsFromString('--optimize-for-size')

const stop = new AbortController()

function abandon(): void {
  stop.abort(new AppError('INTERRUPTED', {}))
  setTimeout(() => endProcess(1), graceMs).unref()
}

process.on('disconnect', abandon)
// These reach the whole group, from a terminal or from systemd: the server decides what becomes of its tasks.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('message', (message: ToTaskProcess) => {
  if (message.type === 'stop') abandon()
  else void begin(message.task)
})

async function begin(task: Task): Promise<void> {
  const answer = await doTask(task).then(
    (result): FromTaskProcess => ({ type: 'done', result }),
    (error: unknown): FromTaskProcess => ({ type: 'failed', error: postError(error) }),
  )
  sendHeldBack()
  if (process.connected) process.send?.(answer, () => endProcess(0))
  else endProcess(1)
}

/** Each kind of task loads what it needs. */
async function doTask(task: Task): Promise<TaskResults[Task['type']]> {
  const variables = (name: string): string | undefined => process.env[name]
  const ctx: Context = { signal: stop.signal, now: () => new Date(), emit: forward }
  if (task.type === 'discover') {
    const { discover } = await import('@holdfast/orchestrator/discovery/discover')
    const { discoveredMarks } = await import('@holdfast/orchestrator/discovery/note-discovery')
    return discoveredMarks(await discover(task.request, ctx), task.host)
  }
  if (task.type === 'check-config') {
    const { checkProposedConfig } = await import('@holdfast/orchestrator/config/check-proposed-config')
    return await checkProposedConfig(task.path, task.text, { ...task.surroundings, variables }, ctx)
  }
  if (task.type === 'agent-run') {
    const { doAgentRun } = await import('../agent/worker/do-agent-run.ts')
    return await doAgentRun(task, variables, ctx)
  }
  if (task.type !== 'load-config') {
    const { doOperation } = await import('./do-operation.ts')
    return await doOperation(task, variables, ctx)
  }
  const { loadServedConfig } = await import('./load-served-config.ts')
  return await loadServedConfig(task.path, { ...task.surroundings, variables }, ctx)
}

/** Progress comes many times a second; who looks at it does so once. */
const progressEveryMs = 1_000
let progressedAtMs = Number.NEGATIVE_INFINITY
/** the newest that was not sent: how far it came in the end is told in any case */
let heldBack: Event | undefined

function forward(event: Event): void {
  if (event.type === 'item.processed') return
  if (event.type.endsWith('.progressed')) {
    const nowMs = performance.now()
    if (nowMs - progressedAtMs < progressEveryMs) {
      heldBack = event
      return
    }
    progressedAtMs = nowMs
    heldBack = undefined
  }
  send(event)
}

function sendHeldBack(): void {
  if (heldBack !== undefined) send(heldBack)
  heldBack = undefined
}

function send(event: Event): void {
  if (process.connected) process.send?.({ type: 'event', event } satisfies FromTaskProcess)
}
