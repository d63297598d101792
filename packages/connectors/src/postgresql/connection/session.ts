import { setImmediate as afterReading } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { clientMessage } from './client-message.ts'
import type { MessageChannel } from './message-channel.ts'
import { protocolViolated } from './message-channel.ts'
import { MalformedMessage, type ServerMessage } from './message-reader.ts'
import { type Occasion, reasonOf, serverError } from './server-error.ts'
import { FieldReader, parseReport } from './server-message.ts'

/** What every conversation with the server needs: who, over which channel, and how to stop what it is doing. */
export interface SessionParts {
  readonly channel: MessageChannel
  readonly host: string
  readonly user: string
  readonly parameters: Map<string, string>
  /** Asks the server, over a connection of its own, to stop the running statement. Never fails; ends within seconds. */
  cancel(): Promise<void>
}

/** A session after the login: one conversation at a time, each of them ends when the server is ready for the next. */
export class Session {
  readonly #parts: SessionParts
  #busy = false
  #cancelled: Promise<void> = Promise.resolve()

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  get channel(): MessageChannel {
    return this.#parts.channel
  }

  /**
   * Begins a conversation. While it lasts, an abort cancels the statement and ends the session. `statement` names it in
   * errors. Dispose it when it has ended; before that it ends the session.
   */
  begin(statement: string, ctx: Context): Conversation {
    if (this.#busy) throw new Error('a PostgreSQL session is asked for two things at once')
    if (ctx.signal.aborted) throw new AppError('INTERRUPTED', {}, { cause: ctx.signal.reason })
    if (this.channel.failure !== undefined) throw this.channel.failure
    this.#busy = true
    const stop = (): void => this.#stop(new AppError('INTERRUPTED', {}, { cause: ctx.signal.reason }))
    ctx.signal.addEventListener('abort', stop, { once: true })
    const occasion = { host: this.#parts.host, user: this.#parts.user, statement: shorten(statement) }
    return new Conversation(this.#parts, occasion, ctx, (isOver) => {
      ctx.signal.removeEventListener('abort', stop)
      this.#busy = false
      if (!isOver) this.#stop(new AppError('POSTGRES_CONNECTION_LOST', { ...occasion, reason: 'it was left early' }))
    })
  }

  async close(): Promise<void> {
    const isQuiet = !this.#busy && this.channel.failure === undefined
    if (this.#busy)
      this.#stop(new AppError('POSTGRES_CONNECTION_LOST', { host: this.#parts.host, reason: 'it was closed' }))
    await this.channel.close(isQuiet ? clientMessage('X') : undefined)
    await this.#cancelled
  }

  #stop(error: AppError): void {
    if (this.channel.failure !== undefined) return
    this.#cancelled = this.#parts.cancel()
    this.channel.fail(error)
  }
}

/** One statement and what the server answers, up to "ready for query". */
export class Conversation implements Disposable {
  readonly #parts: SessionParts
  readonly #occasion: Occasion
  readonly #ctx: Context
  readonly #ended: (isOver: boolean) => void
  #error: AppError | undefined
  #isOver = false
  #isDisposed = false
  #hasSpoken = false

  constructor(parts: SessionParts, occasion: Occasion, ctx: Context, ended: (isOver: boolean) => void) {
    this.#parts = parts
    this.#occasion = occasion
    this.#ctx = ctx
    this.#ended = ended
  }

  async send(...parts: readonly Uint8Array[]): Promise<void> {
    if (!this.#hasSpoken) await this.#hearFirst()
    this.#hasSpoken = true
    await this.#parts.channel.send(...parts)
  }

  /**
   * The next message that concerns the statement; undefined when the server is ready for another. An error of the server
   * is thrown then, not before, so that the session can be used further; one that ends the session is thrown at once.
   */
  async receive(): Promise<ServerMessage | undefined> {
    for (;;) {
      const waited = this.#parts.channel.receive()
      const message = waited instanceof Promise ? await waited : waited
      switch (message.type) {
        case 'Z':
          this.#isOver = true
          if (this.#error !== undefined) throw this.#error
          return undefined
        case 'E':
          this.#take(message)
          break
        case 'N':
        case 'S':
        case 'A':
          this.#aside(message)
          break
        default:
          // After an error the rest, up to "ready", is of no use.
          if (this.#error === undefined) return message
      }
    }
  }

  /** Runs a parser of a message; what it does not understand is an error that ends the session. */
  parse<Result>(parser: () => Result): Result {
    try {
      return parser()
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      throw this.#violated(error)
    }
  }

  unexpected(message: ServerMessage): AppError {
    return this.#violated(new MalformedMessage(`an unexpected message ${message.type}`))
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#ended(this.#isOver || this.#parts.channel.failure !== undefined)
  }

  /**
   * A server that ends a session says why. When that came while this thread was busy it still waits to be read, and writing
   * to such a connection fails, upon which Node throws it away unread. So the sockets have a turn first: the second, because
   * the first may be that of those that were looked at before.
   */
  async #hearFirst(): Promise<void> {
    await afterReading()
    await afterReading()
  }

  #take(message: ServerMessage): void {
    const report = this.parse(() => parseReport(message.body))
    this.#error ??= serverError(report, this.#occasion)
    if (report.severity !== 'FATAL' && report.severity !== 'PANIC') return
    this.#parts.channel.fail(this.#error)
    throw this.#error
  }

  #aside(message: ServerMessage): void {
    if (message.type === 'S') {
      const reader = new FieldReader(message.body)
      this.parse(() => this.#parts.parameters.set(reader.text(), reader.text()))
    }
    if (message.type !== 'N') return
    const report = this.parse(() => parseReport(message.body))
    const level = report.severity === 'WARNING' ? 'warning' : 'info'
    this.#ctx.emit({ type: 'message.noted', level, message: `${this.#parts.host}: ${reasonOf(report)}` })
  }

  #violated(error: MalformedMessage): AppError {
    const violated = protocolViolated(this.#parts.host, error)
    this.#parts.channel.fail(violated)
    return violated
  }
}

/** The beginning of a statement in one line: enough to know it again, without values, which may be secret. */
function shorten(statement: string): string {
  const line = statement
    .slice(0, 4000)
    .replaceAll(/'(?:[^']|'')*(?:'|$)/g, "'…'")
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}
