import type { Socket } from 'node:net'
import { AppError } from '@holdfast/core/errors/app-error'
import { MalformedMessage, MessageReader, type ServerMessage } from './message-reader.ts'

/** Received and not asked for: above the first the socket is told to wait, below the second to go on. */
const highWaterBytes = 1 << 20
const lowWaterBytes = 1 << 18

/** Nothing a server says before the login has ended is longer. */
const loginLimitBytes = 1 << 16
/** A row or a piece of COPY can be 1 GiB for the server; nothing asked for here comes near this. */
const sessionLimitBytes = 1 << 28

interface Waiting {
  resolve(message: ServerMessage): void
  reject(error: unknown): void
}

export interface ChannelOptions {
  /** the server, for people */
  readonly host: string
  /** A receive during which not one byte comes for so long fails with POSTGRES_CONNECTION_LOST. 0: no limit. */
  readonly silenceLimitMs: number
}

/** Messages over a socket, with back-pressure both ways. The first failure ends it; every later call repeats it. */
export class MessageChannel {
  readonly #socket: Socket
  readonly #host: string
  readonly #reader = new MessageReader(loginLimitBytes)
  #waiting: Waiting | undefined
  #failure: AppError | undefined
  /** set once the other side has ended: what was received before is still handed on */
  #ended: AppError | undefined
  #roomWaiters: (() => void)[] = []

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket
    this.#host = options.host
    socket.setNoDelay(true)
    // Found dead after 30 s of silence and 10 unanswered probes, one a second.
    socket.setKeepAlive(true, 30_000)
    socket.on('data', (piece: Uint8Array) => this.#received(piece))
    socket.on('error', (error) => this.#over(error.message, error))
    socket.on('end', () => this.#over('the server closed it'))
    socket.on('close', () => this.#over('it was closed'))
    socket.on('drain', () => this.#roomAgain())
    if (options.silenceLimitMs > 0) {
      socket.setTimeout(options.silenceLimitMs, () => {
        if (this.#waiting !== undefined) this.fail(this.#lost(`nothing came for ${options.silenceLimitMs / 1000} s`))
      })
    }
  }

  get failure(): AppError | undefined {
    return this.#failure
  }

  /** The login is over: longer messages are taken from now on. */
  trust(): void {
    this.#reader.limitBytes = sessionLimitBytes
  }

  /** The next message; at once when it is there already. One caller at a time. */
  receive(): ServerMessage | Promise<ServerMessage> {
    if (this.#failure !== undefined) throw this.#failure
    const message = this.#next()
    if (message !== undefined) return message
    if (this.#ended !== undefined) throw this.#ended
    if (this.#waiting !== undefined) throw new Error('two callers receive from one PostgreSQL session')
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.resume()
    })
  }

  /** Hands bytes to the socket; returns when it has room for more. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    let hasRoom = true
    // A server that has ended the session may have said why; that is found by receiving, so nothing fails here.
    if (this.#ended !== undefined) return
    this.#socket.cork()
    for (const part of parts) hasRoom = this.#socket.write(part)
    this.#socket.uncork()
    if (hasRoom) return
    await new Promise<void>((done) => this.#roomWaiters.push(done))
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Ends everything at once: what waits, and every later call, fails with this error. */
  fail(error: AppError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#socket.destroy()
    this.#waiting?.reject(error)
    this.#waiting = undefined
    this.#roomAgain()
  }

  /** Says goodbye when nothing else went wrong, and waits until the socket is closed. */
  async close(goodbye: Uint8Array | undefined): Promise<void> {
    if (this.#socket.closed) return
    const closed = new Promise<void>((done) => this.#socket.once('close', () => done()))
    if (goodbye === undefined || this.#ended !== undefined) this.#socket.destroy()
    else this.#socket.end(goodbye)
    this.#socket.resume()
    const impatience = setTimeout(() => this.#socket.destroy(), 2000)
    await closed
    clearTimeout(impatience)
  }

  #received(piece: Uint8Array): void {
    if (this.#failure !== undefined) return
    this.#reader.push(piece)
    const waiting = this.#waiting
    if (waiting !== undefined) {
      try {
        const message = this.#next()
        if (message === undefined) return
        this.#waiting = undefined
        waiting.resolve(message)
      } catch {
        // #next has failed the channel, and with it whoever waits.
      }
    }
    if (this.#reader.bufferedBytes >= highWaterBytes) this.#socket.pause()
  }

  #next(): ServerMessage | undefined {
    try {
      const message = this.#reader.next()
      if (this.#socket.isPaused() && this.#reader.bufferedBytes < lowWaterBytes) this.#socket.resume()
      return message
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      const violated = protocolViolated(this.#host, error)
      this.fail(violated)
      throw violated
    }
  }

  #over(reason: string, cause?: unknown): void {
    this.#ended ??= this.#lost(reason, cause)
    this.#waiting?.reject(this.#ended)
    this.#waiting = undefined
    this.#roomAgain()
  }

  #roomAgain(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const done of waiters) done()
  }

  #lost(reason: string, cause?: unknown): AppError {
    return new AppError('POSTGRES_CONNECTION_LOST', { host: this.#host, reason }, { cause })
  }
}

export function protocolViolated(host: string, cause: MalformedMessage): AppError {
  return new AppError('POSTGRES_PROTOCOL_VIOLATED', { host, reason: cause.message }, { cause })
}
