/**
 * A process that reads repositories for people who look into snapshots: what their indices take of memory goes back to the
 * system when it ends, which is when nobody has asked anything for some minutes, and if it dies, the server does not.
 */
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { resolveSecret } from '@holdfast/orchestrator/config/resolve-secret'
import { endProcess } from '@holdfast/repository/native/end-process'
import { type MachineFacts, postError } from '../task/task-message.ts'
import { answerQuestion, type ReaderSurroundings } from './answer-question.ts'
import { createHeldRepositories } from './held-repositories.ts'
import { createSending, type Sending } from './sending.ts'
import type { DownloadQuestion, FromReader, ReaderQuestion, ToReader } from './reader-question.ts'

/** Locks are given back; longer than that nobody waits for it. */
const graceMs = 10_000

const stops = new Map<number, AbortController>()
const sendings = new Map<number, Sending>()
const variables = (name: string): string | undefined => process.env[name]
const facts: MachineFacts = JSON.parse(process.argv[2] ?? '{}')
const machine: Machine = {
  ...facts,
  identity: { ...facts.identity, pid: process.pid },
  variable: variables,
  random: Math.random,
  resolveSecret: (reference, ctx) => resolveSecret(reference, { variables }, ctx),
}
const surroundings: ReaderSurroundings = {
  repositories: createHeldRepositories(machine),
  machine,
}

function tell(message: FromReader): void {
  if (process.connected) process.send?.(message, () => {})
}

process.on('disconnect', () => {
  for (const stop of stops.values()) stop.abort(new AppError('INTERRUPTED', {}))
  setTimeout(() => endProcess(1), graceMs).unref()
  void Promise.all([...sendings.values()].map((sending) => sending.end())).finally(() => endProcess(0))
})
// These reach the whole group: the server decides what becomes of its processes.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('message', (message: ToReader) => {
  if (message.type === 'ask') void answer(message.id, message.question)
  else if (message.type === 'next') void sendNext(message.id)
  else void drop(message.id)
})

async function answer(id: number, question: ReaderQuestion | DownloadQuestion): Promise<void> {
  const stop = new AbortController()
  stops.set(id, stop)
  const ctx: Context = { signal: stop.signal, now: () => new Date(), emit: () => {} }
  try {
    if (question.type === 'download') {
      const sending = await createSending(question, surroundings, ctx)
      if (stop.signal.aborted) return await sending.end()
      sendings.set(id, sending)
      tell({ type: 'answer', id, result: sending.file })
      return
    }
    tell({ type: 'answer', id, result: await answerQuestion(question, surroundings, ctx) })
    stops.delete(id)
  } catch (error) {
    tell({ type: 'failed', id, error: postError(error) })
    stops.delete(id)
  }
}

async function sendNext(id: number): Promise<void> {
  const sending = sendings.get(id)
  if (sending === undefined) return
  try {
    const bytes = await sending.next()
    tell({ type: 'piece', id, ...(bytes === undefined ? {} : { bytes }) })
    if (bytes === undefined) await drop(id)
  } catch (error) {
    tell({ type: 'failed', id, error: postError(error) })
    await drop(id)
  }
}

async function drop(id: number): Promise<void> {
  stops.get(id)?.abort(new AppError('INTERRUPTED', {}))
  stops.delete(id)
  const sending = sendings.get(id)
  sendings.delete(id)
  await sending?.end()
}
