import { join } from 'node:path'
import { helloEveryMs } from '@holdfast/api/agent-protocol'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import { type Context, withSignal } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { AgentReport } from '@holdfast/orchestrator/agent/agent-report'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import { repeat } from '../../repeat.ts'
import { fieldsOf, nameOf, tellEnd } from '../../run/note-ended.ts'
import { doInProcess } from '../../task/do-in-process.ts'
import { factsOf } from '../../task/machine-facts.ts'
import { isCopied, type SayHello, type ServerGreeting } from './agent-hello.ts'
import { secretFileIn } from './agent-identity.ts'
import { createEventForwarder } from './event-forwarder.ts'
import { createRemoteRuns } from './remote-runs.ts'
import type { ResultDelivery } from './result-delivery.ts'
import type { ServerLink } from './server-link.ts'
import type { AgentOptions } from './start-agent.ts'

export interface AgentWork extends AgentOptions {
  readonly link: ServerLink
  readonly self: AgentSelf
  readonly delivery: ResultDelivery
  /** what the server said first */
  readonly greeting: ServerGreeting
  readonly hello: SayHello
  /** how often that is said; twice a minute unless given */
  readonly helloEveryMs?: number
  /** for what runs note while they are done */
  readonly workDirectory: string
}

const forwardEveryMs = 2_000
const lastWordsMs = 10_000

/**
 * Leases runs, does each in a process of its own, and delivers what comes of them, until the context is stopped. Fails with
 * AGENT_REFUSED when another process with the same secret has begun.
 */
export async function doAgentWork(given: AgentWork, outer: Context): Promise<void> {
  const { link, self, delivery, greeting, log, graceMs } = given
  const reports = new Map<string, AgentReport>()
  const other = new AbortController()
  const ctx = withSignal(outer, AbortSignal.any([outer.signal, other.signal]))
  const told: Context = { signal: ctx.signal, now: () => ctx.now(), emit: (event) => log.event(event) }
  const runs = createRemoteRuns({ link, self, delivery, reports, ctx: told }, greeting.capacity)
  const forwarder = createEventForwarder(link, self)
  const failed = (error: unknown): void => {
    if (!isAppError(error)) log.failure('what happens cannot be told to the server', error)
  }
  const forwarding = repeat(
    () => forwardEveryMs,
    (own) => forwarder.flush(own),
    failed,
    told,
  )
  const greeted = repeat(
    () => given.helloEveryMs ?? helloEveryMs,
    async (own) => void (await given.hello(false, own)),
    (error) => {
      if (isCopied(error)) other.abort(error)
      else if (!isAppError(error, 'AGENT_SERVER_AWAY')) log.failure('the agent cannot say that it is there', error)
    },
    told,
  )
  const delivering = delivery.run(told)
  await runWorker(
    {
      queue: runs,
      worker: self.instance,
      leaseMs: greeting.leaseMs,
      graceMs,
      limits: () => new Map(),
      capacity: () => runs.capacity(),
      execute: async (run, own) => {
        const fields = fieldsOf(run)
        log.write('info', `${nameOf(run)} begins`, fields)
        const heard: Context = {
          signal: own.signal,
          now: () => own.now(),
          emit: (event) => {
            log.event(event, fields)
            forwarder.take(run.id, event)
          },
        }
        const assignment = runs.assignment(run.id)
        const { report, noted } = await doInProcess(
          {
            type: 'agent-run',
            assignment,
            machine: factsOf(given.machine),
            place: {
              agent: greeting.name,
              server: link.server,
              secretFile: secretFileIn(given.directory),
              cataloguePath: join(given.workDirectory, `${run.id}.db`),
            },
          },
          heard,
          given.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: given.caFile },
        )
        reports.set(run.id, noted)
        return report
      },
      ended: async (run, outcome) => tellEnd(run, outcome, log),
    },
    told,
  )
  await Promise.all([forwarding.over, greeted.over, delivering])
  if (other.signal.aborted) throw other.signal.reason
  const last: Context = { ...told, now: () => ctx.now(), signal: AbortSignal.timeout(lastWordsMs) }
  await delivery.flush(last).catch((error: unknown) => {
    const waiting = delivery.pending().length
    if (isAppError(error))
      log.write('warning', `${waiting} results are delivered after the next start: ${error.message}`)
    else log.failure('results could not be delivered', error)
  })
}
