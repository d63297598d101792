import { join } from 'node:path'
import type { RouteReply } from '@holdfast/api/route'
import type { AgentRoutes } from '@holdfast/api/routes/agents'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { writeDurably } from '@holdfast/orchestrator/agent/result-spool'
import { isSystemError, readText, unusable } from './agent-identity.ts'
import type { ResultDelivery } from './result-delivery.ts'
import type { ServerLink } from './server-link.ts'

/** What the server says to an agent that is there. */
export type ServerGreeting = RouteReply<AgentRoutes['agents.hello']>

/**
 * Says that the agent begins, or goes on, and keeps the stamp that the server gives for it, durably: a copy of the directory
 * has an older one, by which the server knows it. Fails with AGENT_REFUSED, AGENT_SERVER_AWAY, AGENT_STATE_UNUSABLE.
 */
export type SayHello = (isStart: boolean, ctx: Context) => Promise<ServerGreeting>

export interface HelloSurroundings {
  readonly directory: string
  readonly link: Pick<ServerLink, 'ask'>
  readonly self: AgentSelf
  readonly delivery: Pick<ResultDelivery, 'pending'>
}

export async function openHello({ directory, link, self, delivery }: HelloSurroundings): Promise<SayHello> {
  const path = join(directory, 'stamp')
  const kept = (await readText(path, directory))?.trim() ?? ''
  let stamp = /^\d{1,15}$/.test(kept) ? Number(kept) : undefined
  return async (isStart, ctx) => {
    const shown = stamp === undefined ? {} : { stamp }
    const greeting = await link.ask('agents.hello', { self, isStart, holds: [...delivery.pending()], ...shown }, ctx)
    try {
      await writeDurably(path, `${greeting.stamp}\n`)
    } catch (error) {
      // the server takes the one before as well
      throw isSystemError(error) ? unusable(directory, error) : error
    }
    stamp = greeting.stamp
    return greeting
  }
}

/** Whether the server says that another process has the same secret. */
export function isCopied(error: unknown): boolean {
  return isAppError(error, 'AGENT_REFUSED') && error.details['code'] === 'AGENT_COPIED'
}
