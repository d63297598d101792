/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: the user name is in the startup
 * message, not here.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { MalformedMessage } from './message-reader.ts'
import { preparePassword } from './prepare-password.ts'

/** More would keep a processor busy for long at the wish of a stranger; PostgreSQL's default is 4096. */
const mostIterations = 10_000_000

/**
 * Whether the exchange is bound to the TLS connection: "none" when there is no TLS or it is not wanted, "unused" when
 * it was possible but the server did not offer it (it then notices if someone removed its offer on the way).
 */
export type ChannelBinding = 'none' | 'unused' | { readonly endPoint: Buffer }

export class ScramExchange {
  readonly #password: string
  readonly #binding: ChannelBinding
  readonly #nonce: string
  #serverSignature: Buffer | undefined

  /** `nonce`: printable characters without comma; given by tests only. */
  constructor(password: string, binding: ChannelBinding, nonce = randomBytes(18).toString('base64')) {
    this.#password = preparePassword(password)
    this.#binding = binding
    this.#nonce = nonce
  }

  get mechanism(): string {
    return typeof this.#binding === 'object' ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256'
  }

  firstMessage(): string {
    return `${this.#header()}${this.#firstBare()}`
  }

  /** Answers the server's challenge. Throws MalformedMessage when it is none. */
  async finalMessage(challenge: string): Promise<string> {
    const { r: nonce = '', s: salt = '', i: iterations = '' } = attributes(challenge)
    const rounds = /^[1-9]\d{0,9}$/.test(iterations) ? Number(iterations) : 0
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || salt === '') {
      throw new MalformedMessage('a SCRAM challenge that does not answer the question')
    }
    if (rounds === 0 || rounds > mostIterations) throw new MalformedMessage(`${iterations} SCRAM iterations`)
    const salted = await promisify(pbkdf2)(this.#password, Buffer.from(salt, 'base64'), rounds, 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const withoutProof = `c=${this.#bound().toString('base64')},r=${nonce}`
    const signed = `${this.#firstBare()},${challenge},${withoutProof}`
    const signature = hmac(createHash('sha256').update(clientKey).digest(), signed)
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), signed)
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** Whether the server's last message proves that it knows the password (its verifier) too. */
  provesServer(last: string): boolean {
    const proof = Buffer.from(attributes(last)['v'] ?? '', 'base64')
    const expected = this.#serverSignature
    return expected !== undefined && proof.length === expected.length && timingSafeEqual(proof, expected)
  }

  #header(): string {
    if (typeof this.#binding === 'object') return 'p=tls-server-end-point,,'
    return this.#binding === 'unused' ? 'y,,' : 'n,,'
  }

  #firstBare(): string {
    return `n=,r=${this.#nonce}`
  }

  #bound(): Buffer {
    const header = Buffer.from(this.#header())
    return typeof this.#binding === 'object' ? Buffer.concat([header, this.#binding.endPoint]) : header
  }
}

/** "r=abc,s=def" → { r: 'abc', s: 'def' } */
function attributes(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
