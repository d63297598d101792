import { createHash } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import { certificateHash } from './certificate-hash.ts'
import { clientMessage, textMessage } from './client-message.ts'
import type { MessageChannel } from './message-channel.ts'
import { MalformedMessage } from './message-reader.ts'
import { type ChannelBinding, ScramExchange } from './scram.ts'
import { FieldReader } from './server-message.ts'
import type { LoginMethod } from './target.ts'

export interface Credentials {
  /** the server, for people */
  readonly host: string
  readonly user: string
  readonly password: string | undefined
  /** the line of a password file that would help, with a placeholder for the password */
  readonly passwordLine: string
  /** the server's certificate in DER when the connection is encrypted */
  readonly serverCertificate?: Buffer
  /** whether a password in clear could be seen by nobody else: TLS, a Unix socket, loopback */
  readonly isPrivate: boolean
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly loginMethods?: readonly LoginMethod[]
}

/** Answers the server's requests for authentication, one after the other, until it says that they suffice. */
export class Authentication {
  readonly #channel: MessageChannel
  readonly #credentials: Credentials
  #exchange: ScramExchange | undefined
  /** the server has proved that it knows the password too */
  #isServerProven = false

  constructor(channel: MessageChannel, credentials: Credentials) {
    this.#channel = channel
    this.#credentials = credentials
  }

  /** Takes one Authentication message; true when it says that the login has succeeded. */
  async take(body: Buffer): Promise<boolean> {
    const reader = new FieldReader(body)
    const request = reader.int32()
    switch (request) {
      case 0:
        this.#accept()
        return true
      case 3:
        await this.#sendPassword()
        return false
      case 5:
        await this.#sendMd5(reader.bytes(4))
        return false
      case 10:
        await this.#startScram(reader)
        return false
      case 11:
        await this.#continueScram(reader.bytes(reader.remaining).toString('utf8'))
        return false
      case 12:
        this.#finishScram(reader.bytes(reader.remaining).toString('utf8'))
        return false
    }
    throw this.#unsupported(
      foreignMethods[request] ?? `number ${request}`,
      'only passwords and certificates are spoken',
    )
  }

  #accept(): void {
    if (this.#exchange !== undefined && !this.#isServerProven) throw this.#notGenuine('it ended the login half way')
    if (this.#exchange === undefined) {
      if (this.#credentials.channelBinding === 'require') throw this.#notGenuine('it did not bind the login to TLS')
      const { loginMethods } = this.#credentials
      // A method that was used has been checked when it was asked for.
      if (!this.#hasAnswered) this.#permit('none', loginMethods)
    }
  }

  #hasAnswered = false

  async #sendPassword(): Promise<void> {
    this.#permit('password')
    if (!this.#credentials.isPrivate) {
      throw this.#unsupported('password', 'the password would cross the network in clear; use sslmode=require')
    }
    await this.#channel.send(textMessage('p', this.#password()))
  }

  async #sendMd5(salt: Buffer): Promise<void> {
    this.#permit('md5')
    const inner = md5(Buffer.from(this.#password() + this.#credentials.user))
    await this.#channel.send(textMessage('p', `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`))
  }

  async #startScram(reader: FieldReader): Promise<void> {
    this.#permit('scram-sha-256')
    if (this.#exchange !== undefined) throw new MalformedMessage('two SASL exchanges in one login')
    const offered: string[] = []
    for (let name = reader.text(); name !== ''; name = reader.text()) offered.push(name)
    const binding = this.#binding(offered.includes('SCRAM-SHA-256-PLUS'))
    const exchange = new ScramExchange(this.#password(), binding)
    if (!offered.includes(exchange.mechanism)) {
      throw this.#unsupported(offered.join(', '), 'of the SASL mechanisms only SCRAM-SHA-256 is spoken')
    }
    this.#exchange = exchange
    const first = Buffer.from(exchange.firstMessage())
    const size = Buffer.alloc(4)
    size.writeInt32BE(first.length)
    await this.#channel.send(clientMessage('p', Buffer.from(`${exchange.mechanism}\0`), size, first))
  }

  #binding(isOffered: boolean): ChannelBinding {
    const { serverCertificate, channelBinding } = this.#credentials
    const endPoint = serverCertificate && certificateHash(serverCertificate)
    if (channelBinding === 'require') {
      if (serverCertificate === undefined)
        throw this.#notGenuine('channel_binding=require needs TLS, which is not in use')
      if (endPoint === undefined) throw this.#notGenuine('its certificate has a signature that cannot be bound to')
      if (!isOffered) throw this.#notGenuine('it does not offer to bind the login to TLS')
    }
    if (endPoint === undefined || channelBinding === 'disable') return 'none'
    return isOffered ? { endPoint } : 'unused'
  }

  async #continueScram(challenge: string): Promise<void> {
    if (this.#exchange === undefined) throw new MalformedMessage('a SASL challenge before the exchange')
    const answer = await this.#exchange.finalMessage(challenge)
    await this.#channel.send(clientMessage('p', Buffer.from(answer)))
  }

  #finishScram(last: string): void {
    if (this.#exchange?.provesServer(last) !== true) throw this.#notGenuine('its signature is wrong')
    this.#isServerProven = true
  }

  #permit(method: LoginMethod, permitted = this.#credentials.loginMethods): void {
    if (method !== 'none' && method !== 'scram-sha-256' && this.#credentials.channelBinding === 'require') {
      throw this.#notGenuine(`it asks for ${method} authentication, which cannot be bound to TLS`)
    }
    this.#hasAnswered = method !== 'none'
    if (permitted !== undefined && !permitted.includes(method)) {
      const reason = `require_auth permits ${permitted.join(', ')} only`
      throw this.#unsupported(method === 'none' ? 'no' : method, reason)
    }
  }

  #password(): string {
    const { host, user, password, passwordLine } = this.#credentials
    if (password === undefined || password === '') {
      throw new AppError('POSTGRES_PASSWORD_MISSING', { host, user, passwordLine })
    }
    return password
  }

  #unsupported(method: string, reason: string): AppError {
    const { host, user } = this.#credentials
    return new AppError('POSTGRES_AUTHENTICATION_UNSUPPORTED', { host, user, method, reason })
  }

  #notGenuine(reason: string): AppError {
    return new AppError('POSTGRES_SERVER_NOT_GENUINE', { host: this.#credentials.host, reason })
  }
}

const foreignMethods: Readonly<Record<number, string>> = {
  2: 'Kerberos',
  6: 'SCM',
  7: 'GSSAPI',
  8: 'GSSAPI',
  9: 'SSPI',
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}
