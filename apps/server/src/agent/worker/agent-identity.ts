import { chmod, mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { agentNamedBy, digestOfSecret, makeAgentSecret } from '@holdfast/orchestrator/agent/agent-secret'
import { writeDurably } from '@holdfast/orchestrator/agent/result-spool'
import type { ServerLink } from './server-link.ts'

export interface AgentIdentity {
  readonly name: string
  readonly secret: string
}

/** Where an agent keeps its secret: for its user only. */
export function secretFileIn(directory: string): string {
  return join(directory, 'secret')
}

/** Makes the directory of an agent, which only its user can read. Fails with AGENT_STATE_UNUSABLE. */
export async function prepareAgentDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(directory, 0o700)
  } catch (error) {
    throw unusable(directory, error)
  }
}

/** What the agent was let in with before; undefined when it was not yet. Fails with AGENT_STATE_UNUSABLE. */
export async function readIdentity(directory: string): Promise<AgentIdentity | undefined> {
  return await readSecret(secretFileIn(directory), directory)
}

/**
 * Exchanges an enrolment token for being let in with a new secret, which is kept before it is sent: an agent that dies or
 * does not hear the answer asks again with the same. Fails with AGENT_TOKEN_REFUSED, AGENT_REFUSED, AGENT_SERVER_AWAY,
 * AGENT_STATE_UNUSABLE.
 */
export async function enrol(
  directory: string,
  token: string,
  link: Pick<ServerLink, 'ask'>,
  ctx: Context,
): Promise<AgentIdentity> {
  const name = agentNamedBy(token, 'enrolment')
  if (name === undefined) throw new AppError('AGENT_TOKEN_REFUSED', { reason: 'it is none' })
  const pending = `${secretFileIn(directory)}.pending`
  try {
    const kept = await readSecret(pending, directory)
    const secret = kept?.name === name ? kept.secret : makeAgentSecret('agent', name)
    if (secret !== kept?.secret) await writeDurably(pending, `${secret}\n`)
    await link.ask('agents.enrol', { token, secretDigest: digestOfSecret(secret) }, ctx)
    await rename(pending, secretFileIn(directory))
    await writeDurably(usedTokenIn(directory), `${digestOfSecret(token)}\n`)
    return { name, secret }
  } catch (error) {
    throw isSystemError(error) ? unusable(directory, error) : error
  }
}

/** Whether this is the token that the agent was let in with: services are given it at each start, and it is good once. */
export async function isUsedToken(directory: string, token: string): Promise<boolean> {
  return (await readText(usedTokenIn(directory), directory))?.trim() === digestOfSecret(token)
}

function usedTokenIn(directory: string): string {
  return join(directory, 'used-token')
}

async function readSecret(path: string, directory: string): Promise<AgentIdentity | undefined> {
  const secret = (await readText(path, directory))?.trim() ?? ''
  const name = agentNamedBy(secret, 'agent')
  return name === undefined ? undefined : { name, secret }
}

/** A file of the directory; undefined when it is not there. Fails with AGENT_STATE_UNUSABLE. */
export async function readText(path: string, directory: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw unusable(directory, error)
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/** AGENT_STATE_UNUSABLE, for a failure of the file system. */
export function unusable(directory: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error)
  return new AppError('AGENT_STATE_UNUSABLE', { directory, reason }, { cause: error })
}
