import { agentProtocol } from '@holdfast/api/agent-protocol'
import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { createServerLog } from '../../server-log.ts'
import { type AgentWork, doAgentWork } from './agent-runs.ts'
import { createRemoteRuns } from './remote-runs.ts'

function refusal(code: string): AppError {
  const details = { server: 'https://server', reason: 'no', suggestion: 'Do not.', code }
  return new AppError('AGENT_REFUSED', details)
}
const self = { protocol: agentProtocol, version: '1', instance: 'x' }
const untilStopped = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

function workThat(hello: AgentWork['hello']): AgentWork {
  const given = {
    ...{ self, hello, helloEveryMs: 5, graceMs: 10, workDirectory: '/nowhere', directory: '/nowhere' },
    greeting: { name: 'web-1', version: '1', protocol: agentProtocol, leaseMs: 60_000, capacity: 1, stamp: 1 },
    log: createServerLog({ write: () => {} }, () => new Date()),
    link: {
      server: 'https://server',
      ask: async (_name: string, _body: unknown, { signal }: { signal: AbortSignal }) => {
        await untilStopped(signal)
        throw refusal('stopped')
      },
    },
    delivery: {
      ...{ add: async () => {}, pending: () => [], flush: async () => {} },
      run: ({ signal }: { signal: AbortSignal }) => untilStopped(signal),
    },
  }
  // boundary: what runs need is not asked for where there are none
  return given as unknown as AgentWork
}

test('an agent that another with its secret has taken over from ends, and says why', async () => {
  let told = 0
  const work = workThat(async () => {
    if (++told > 2) throw refusal('AGENT_COPIED')
    throw new AppError('AGENT_SERVER_AWAY', { server: 'https://server', reason: 'it is asleep' })
  })
  await expect(doAgentWork(work, quietContext())).rejects.toMatchObject({ details: { code: 'AGENT_COPIED' } })
  expect(told, 'a server that is away ends nothing').toBe(3)
})

test('a run is lost to whoever took over, and goes on while the server is away', async () => {
  const heartbeat = async (error: AppError) => {
    const fail = async (): Promise<never> => {
      throw error
    }
    const [{ delivery }, link] = [workThat(fail), { ask: fail }]
    const runs = createRemoteRuns({ link, self, delivery, reports: new Map(), ctx: quietContext() }, 1)
    return await runs.heartbeat('run', 'x', 60_000)
  }
  expect(await heartbeat(refusal('AGENT_COPIED'))).toEqual({ isLost: true, isCancelRequested: false })
  expect(await heartbeat(refusal('AGENT_UNKNOWN'))).toEqual({ isLost: false, isCancelRequested: false })
})
