import { connect, type NetConnectOpts } from 'node:net'
import type { Context } from '@holdfast/core/context'
import type { ServiceKind } from './workload-kind.ts'

const answerTimeoutMs = 1500

/** SSLRequest of PostgreSQL (protocol 3, message formats): a server says S, N or E before anything else is asked. */
const postgresQuestion = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Whether a server of this kind answers at an address, without logging in. Kinds that cannot be asked are taken as they
 * look from outside.
 */
export async function answersAs(kind: ServiceKind, address: NetConnectOpts, ctx: Context): Promise<boolean> {
  switch (kind) {
    case 'postgresql': {
      const answer = await exchange(address, postgresQuestion, ctx)
      return answer !== undefined && 'SNE'.includes(String.fromCharCode(answer[0] ?? 0))
    }
    case 'mysql': {
      // the server speaks first: three bytes of length, a number, protocol version 10, or an error packet
      const answer = await exchange(address, undefined, ctx)
      return answer !== undefined && (answer[4] === 10 || answer[4] === 0xff)
    }
    case 'redis': {
      const answer = await exchange(address, Buffer.from('PING\r\n'), ctx)
      return answer !== undefined && /^(?:\+PONG|-NOAUTH|-DENIED|-NOPERM|-LOADING)/.test(answer.toString('latin1'))
    }
    case 'mongodb':
    case 'elasticsearch':
      return true
  }
}

/** What comes first; undefined when nothing does, or nobody is there. */
function exchange(
  address: NetConnectOpts,
  question: Buffer | undefined,
  { signal }: Context,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address)
    const end = (answer: Buffer | undefined) => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(answer)
    }
    const onAbort = () => end(undefined)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.setTimeout(answerTimeoutMs, () => end(undefined))
    socket.on('connect', () => {
      if (question !== undefined) socket.write(question)
    })
    socket.once('data', (chunk: Buffer) => end(chunk))
    socket.on('error', () => end(undefined))
    socket.on('close', () => end(undefined))
  })
}
