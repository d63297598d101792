import { Authentication, type Credentials } from './authentication.ts'
import { type CancelKey, startupMessage } from './client-message.ts'
import { type MessageChannel, protocolViolated } from './message-channel.ts'
import { MalformedMessage } from './message-reader.ts'
import { type LoginAttempt, loginError } from './login-error.ts'
import { FieldReader, parseReport } from './server-message.ts'

export interface LoginResult {
  readonly parameters: Map<string, string>
  readonly cancelKey: CancelKey | undefined
}

/** From the first message to "ready for query". */
export async function logIn(
  channel: MessageChannel,
  startup: ReadonlyMap<string, string>,
  credentials: Credentials,
  attempt: LoginAttempt,
): Promise<LoginResult> {
  try {
    await channel.send(startupMessage(startup))
    return await converse(channel, credentials, attempt)
  } catch (error) {
    if (error instanceof MalformedMessage) throw protocolViolated(attempt.host, error)
    throw error
  }
}

async function converse(
  channel: MessageChannel,
  credentials: Credentials,
  attempt: LoginAttempt,
): Promise<LoginResult> {
  const authentication = new Authentication(channel, credentials)
  const parameters = new Map<string, string>()
  let cancelKey: CancelKey | undefined
  let isAccepted = false
  for (;;) {
    const { type, body } = await channel.receive()
    const reader = new FieldReader(body)
    switch (type) {
      case 'E':
        throw loginError(parseReport(body), attempt)
      case 'R':
        isAccepted = await authentication.take(body)
        if (isAccepted) channel.trust()
        break
      case 'S':
        parameters.set(reader.text(), reader.text())
        break
      case 'K':
        cancelKey = { processId: reader.int32(), secret: Buffer.from(reader.bytes(reader.remaining)) }
        break
      case 'N':
      case 'v':
        // Notices before the login, and "I know only older options of the protocol": none were asked for.
        break
      case 'Z':
        if (!isAccepted) throw new MalformedMessage('"ready" before the login')
        return { parameters, cancelKey }
      default:
        throw new MalformedMessage(`a message ${type} during the login`)
    }
  }
}
