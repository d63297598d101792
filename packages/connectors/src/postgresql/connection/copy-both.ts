import type { Context } from '@holdfast/core/context'
import { copyDataHeader, textMessage } from './client-message.ts'
import type { CopyBoth, ResultSet } from './connection.ts'
import { ResultCollector } from './result-collector.ts'
import type { Conversation, Session } from './session.ts'
import { copyDone } from './statement.ts'

/**
 * Starts a COPY in which both sides, or only this one, send. When the server answers without one (START_REPLICATION at the
 * very end of an old timeline), there is no data, and `finish` returns what it answered.
 */
export async function startCopyBoth(session: Session, sql: string, ctx: Context): Promise<CopyBoth> {
  const conversation = session.begin(sql, ctx)
  try {
    await conversation.send(textMessage('Q', sql))
    return await answered(conversation)
  } catch (error) {
    conversation[Symbol.dispose]()
    throw error
  }
}

async function answered(conversation: Conversation): Promise<CopyBoth> {
  const collector = new ResultCollector()
  const results: ResultSet[] = []
  for (;;) {
    const message = await conversation.receive()
    if (message === undefined) {
      conversation[Symbol.dispose]()
      return overAlready(results)
    }
    if (message.type === 'W' || message.type === 'G') return new OpenCopy(conversation, message.type === 'W')
    const taken = conversation.parse(() => collector.take(message))
    if (taken === 'other') throw conversation.unexpected(message)
    if (taken !== 'part') results.push(taken)
  }
}

function overAlready(results: readonly ResultSet[]): CopyBoth {
  return {
    data: { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) },
    send: () => Promise.resolve(),
    finish: () => Promise.resolve(results),
  }
}

class OpenCopy implements CopyBoth {
  readonly data: AsyncIterable<Uint8Array>
  readonly #conversation: Conversation
  readonly #collector = new ResultCollector()
  readonly #results: ResultSet[] = []
  /** whether the server may still send data */
  #isServerSending: boolean
  #pending: Promise<Uint8Array | undefined> | undefined
  #failure: { readonly error: unknown } | undefined
  #finished: Promise<readonly ResultSet[]> | undefined

  constructor(conversation: Conversation, isServerSending: boolean) {
    this.#conversation = conversation
    this.#isServerSending = isServerSending
    // Without `return`, so that leaving a loop over it ends nothing.
    this.data = { [Symbol.asyncIterator]: () => ({ next: () => this.#nextData() }) }
  }

  async send(bytes: Uint8Array): Promise<void> {
    // A server that has ended its side, or reported an error, throws away what still comes; so does this.
    if (this.#finished !== undefined || this.#failure !== undefined) return
    await this.#conversation.send(copyDataHeader(bytes.length), bytes)
  }

  finish(): Promise<readonly ResultSet[]> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  async #nextData(): Promise<IteratorResult<Uint8Array>> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#isServerSending) return { done: true, value: undefined }
    // While `finish` reads the rest away, nobody else may.
    if (this.#finished !== undefined && this.#pending === undefined) return { done: true, value: undefined }
    this.#pending = this.#receiveData()
    try {
      const bytes = await this.#pending
      return bytes === undefined ? { done: true, value: undefined } : { done: false, value: bytes }
    } finally {
      this.#pending = undefined
    }
  }

  async #receiveData(): Promise<Uint8Array | undefined> {
    try {
      const message = await this.#conversation.receive()
      if (message?.type === 'd') return message.body
      if (message?.type !== 'c') throw this.#conversation.unexpected(message ?? { type: 'Z', body: Buffer.alloc(0) })
      this.#isServerSending = false
      return undefined
    } catch (error) {
      this.#failure = { error }
      this.#conversation[Symbol.dispose]()
      throw error
    }
  }

  async #finish(): Promise<readonly ResultSet[]> {
    using conversation = this.#conversation
    this.#throwFailure()
    await conversation.send(copyDone)
    // A caller may be waiting for data at this moment: what comes next is theirs.
    while (this.#pending !== undefined) await this.#pending.catch(() => {})
    this.#throwFailure()
    for (;;) {
      const message = await conversation.receive()
      if (message === undefined) return this.#results
      if (message.type === 'd' || message.type === 'c') continue
      const taken = conversation.parse(() => this.#collector.take(message))
      if (taken === 'other') throw conversation.unexpected(message)
      if (taken !== 'part') this.#results.push(taken)
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
