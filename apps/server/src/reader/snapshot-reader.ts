import { type ChildProcess, fork } from 'node:child_process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type MachineFacts, receiveError } from '../task/task-message.ts'
import type {
  DownloadQuestion,
  FromReader,
  OpenedDownload,
  ReaderAnswers,
  ReaderQuestion,
  ToReader,
} from './reader-question.ts'

/** Reads repositories in a process of its own, which is started by the first question and ends when there are none. */
export interface SnapshotReader extends AsyncDisposable {
  /** Fails as the answer does, or with SNAPSHOT_READER_STOPPED, SNAPSHOT_READER_BUSY. */
  ask<Wanted extends ReaderQuestion>(question: Wanted, ctx: Context): Promise<ReaderAnswers[Wanted['type']]>
  /** The content stops with the context, and fails when the rest cannot be read. */
  download(question: DownloadQuestion, ctx: Context): Promise<OpenedDownload & { readonly content: Readable }>
  /** of the process, while there is one */
  pid(): number | undefined
}

export interface ReaderOptions {
  readonly machine: MachineFacts
  /** two minutes unless given */
  readonly idleMs?: number
}

const program = fileURLToPath(new URL('./reader-process.ts', import.meta.url))
/** Each holds some megabytes in the process. */
const questionsAtMost = 32
const endPatienceMs = 12_000

interface Waiting {
  answered(message: FromReader): void
  failed(error: Error): void
}

interface Process {
  readonly child: ChildProcess
  readonly waiting: Map<number, Waiting>
}

export function createSnapshotReader({ machine, idleMs = 120_000 }: ReaderOptions): SnapshotReader {
  let current: Process | undefined
  let serial = 0
  let idle: NodeJS.Timeout | undefined

  const settle = (process: Process, id: number): void => {
    process.waiting.delete(id)
    if (process !== current || process.waiting.size > 0) return
    clearTimeout(idle)
    idle = setTimeout(() => {
      if (process.child.connected) process.child.disconnect()
      if (current === process) current = undefined
    }, idleMs).unref()
  }

  const start = (): Process => {
    const child = fork(program, [JSON.stringify(machine)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const process: Process = { child, waiting: new Map() }
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
    child.on('message', (message: FromReader) => process.waiting.get(message.id)?.answered(message))
    const over = (): void => {
      if (current === process) current = undefined
      const outcome = said.trim().split('\n').at(-1) || `exit code ${child.exitCode ?? child.signalCode}`
      for (const { failed } of process.waiting.values()) failed(new AppError('SNAPSHOT_READER_STOPPED', { outcome }))
      process.waiting.clear()
    }
    child.on('error', over)
    // not `close`: Node does not tell it of a child whose channel was closed from here
    child.on('exit', over)
    return process
  }

  const begin = (question: ReaderQuestion | DownloadQuestion, waiting: Waiting): { process: Process; id: number } => {
    current ??= start()
    const process = current
    if (process.waiting.size >= questionsAtMost) throw new AppError('SNAPSHOT_READER_BUSY', { count: questionsAtMost })
    clearTimeout(idle)
    const id = ++serial
    process.waiting.set(id, waiting)
    tell(process, { type: 'ask', id, question })
    return { process, id }
  }

  /** Until the first answer. */
  const first = (question: ReaderQuestion | DownloadQuestion, ctx: Context): Promise<Asked> =>
    new Promise((resolve, reject) => {
      ctx.signal.throwIfAborted()
      const finish = (): void => {
        ctx.signal.removeEventListener('abort', gone)
        if (question.type !== 'download') settle(begun.process, begun.id)
      }
      const gone = (): void => {
        finish()
        settle(begun.process, begun.id)
        tell(begun.process, { type: 'drop', id: begun.id })
        reject(new AppError('INTERRUPTED', {}))
      }
      const failed = (error: Error): void => {
        finish()
        settle(begun.process, begun.id)
        reject(error)
      }
      const begun = begin(question, {
        failed,
        answered(message) {
          if (message.type === 'failed') return failed(receiveError(message.error))
          if (message.type !== 'answer') return
          finish()
          resolve({ ...begun, result: message.result })
        },
      })
      ctx.signal.addEventListener('abort', gone, { once: true })
    })

  return {
    pid: () => current?.child.pid,
    async ask<Wanted extends ReaderQuestion>(question: Wanted, ctx: Context) {
      const { result } = await first(question, ctx)
      // boundary: the other side answers what it was asked
      return result as ReaderAnswers[Wanted['type']]
    },
    async download(question, ctx) {
      const { process, id, result } = await first(question, ctx)
      const content = receive(process, id, () => settle(process, id), ctx)
      // boundary: as above
      return { ...(result as OpenedDownload), content }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(idle)
      const { child } = current ?? {}
      current = undefined
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      if (child.connected) child.disconnect()
      const late = setTimeout(() => child.kill('SIGKILL'), endPatienceMs)
      await over
      clearTimeout(late)
    },
  }
}

interface Asked {
  readonly process: Process
  readonly id: number
  readonly result: ReaderAnswers[ReaderQuestion['type']] | OpenedDownload
}

/** The pieces of a download; the next is asked for when there is room for it. */
function receive(process: Process, id: number, over: () => void, ctx: Context): Readable {
  let hasEnded = false
  const content = new Readable({
    highWaterMark: 1 << 20,
    read: () => tell(process, { type: 'next', id }),
    destroy(error, done) {
      ctx.signal.removeEventListener('abort', gone)
      if (!hasEnded) tell(process, { type: 'drop', id })
      over()
      done(error)
    },
  })
  // who sends it is told as well; an error that nobody listens for yet would end the server
  content.on('error', () => {})
  const gone = (): void => void content.destroy(new AppError('INTERRUPTED', {}))
  process.waiting.set(id, {
    failed: (error) => {
      hasEnded = true
      content.destroy(error)
    },
    answered(message) {
      if (message.type === 'failed') {
        hasEnded = true
        content.destroy(receiveError(message.error))
      } else if (message.type === 'piece') {
        hasEnded = message.bytes === undefined
        content.push(message.bytes ?? null)
      }
    },
  })
  ctx.signal.addEventListener('abort', gone, { once: true })
  if (ctx.signal.aborted) gone()
  return content
}

function tell({ child }: Process, message: ToReader): void {
  if (child.connected) child.send(message, () => {})
}
