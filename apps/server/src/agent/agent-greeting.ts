import type { Caller } from '@holdfast/api/caller'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { AgentSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type AgentCopy, agentMark, type AgentRefusal, type AgentSight } from '@holdfast/orchestrator/agent/agent-marks'
import { isNewestProcess } from '@holdfast/orchestrator/agent/agent-stamp'
import { requireAgent } from '@holdfast/orchestrator/agent/require-agent'
import { exchangeOf } from '../access/exchange.ts'
import { createRequestLimiter } from '../access/request-limiter.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'

const noteSightEveryMs = 20_000
/** An honest one asks a few dozen times; each of its runs may have its heartbeat and its events. */
const requestsPerMinute = 1_200

export interface AgentGreeting {
  /**
   * Whether the configuration knows the agent and it speaks the same protocol. Fails with AGENT_UNKNOWN,
   * AGENT_PROTOCOL_MISMATCH, REQUESTS_TOO_MANY.
   */
  know(caller: Caller, self: AgentSelf, ctx: Context): Promise<AgentSettings>
  /** The same, of the newest process of the agent only; notes that it was seen. Fails with AGENT_COPIED, too. */
  greet(caller: Caller, self: AgentSelf, ctx: Context): Promise<AgentSettings>
  noteSight(caller: Caller, self: AgentSelf, ctx: Context): Promise<void>
  /** That one came which may have been copied, for a finding. */
  noteCopy(caller: Caller, ctx: Context): Promise<void>
}

export function createAgentGreeting({ catalogue, config, machine }: ApiSurroundings): AgentGreeting {
  const { marks } = catalogue
  const noted = new Map<string, { readonly atMs: number; readonly instance: string }>()
  const limiter = createRequestLimiter(requestsPerMinute, () => performance.now())

  const know: AgentGreeting['know'] = async (caller, { protocol, version }, ctx) => {
    const waitMs = limiter.take(caller.name)
    if (waitMs > 0) {
      const details = { what: `agent ${caller.name}`, seconds: Math.ceil(waitMs / 1_000) }
      throw new AppError('REQUESTS_TOO_MANY', details)
    }
    const settings = requireAgent(config(), caller.name)
    if (protocol === agentProtocol) return settings
    const { name } = settings
    const refusal: AgentRefusal = { at: ctx.now(), version, protocol }
    await marks.set(agentMark.refused(name), JSON.stringify(refusal))
    const [serverVersion, serverProtocol] = [machine.version, agentProtocol]
    const details = { name, agentVersion: version, agentProtocol: protocol, serverVersion, serverProtocol }
    throw new AppError('AGENT_PROTOCOL_MISMATCH', details)
  }

  const noteSight: AgentGreeting['noteSight'] = async (caller, { version, instance }, ctx) => {
    const { name } = caller
    const [before, atMs] = [noted.get(name), performance.now()]
    if (before?.instance === instance && atMs - before.atMs <= noteSightEveryMs) return
    noted.set(name, { atMs, instance })
    const sight: AgentSight = { at: ctx.now(), version, instance, address: exchangeOf(caller).address }
    await marks.set(agentMark.seen(name), JSON.stringify(sight))
  }

  return {
    know,
    noteSight,
    async greet(caller, self, ctx) {
      const settings = await know(caller, self, ctx)
      if (!(await isNewestProcess(marks, settings.name, self.instance))) {
        throw new AppError('AGENT_COPIED', { name: settings.name })
      }
      await noteSight(caller, self, ctx)
      return settings
    },
    async noteCopy(caller, ctx) {
      const copy: AgentCopy = { at: ctx.now(), address: exchangeOf(caller).address }
      await marks.set(agentMark.copied(caller.name), JSON.stringify(copy))
    },
  }
}
