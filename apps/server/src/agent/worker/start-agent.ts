import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { openResultSpool } from '@holdfast/orchestrator/agent/result-spool'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { ServerLog } from '../../server-log.ts'
import { type AgentIdentity, enrol, isUsedToken, prepareAgentDirectory, readIdentity } from './agent-identity.ts'
import { isCopied, openHello } from './agent-hello.ts'
import { doAgentWork } from './agent-runs.ts'
import { lockAgentDirectory } from './lock-agent-directory.ts'
import { openDelivery } from './result-delivery.ts'
import { meansForgotten, openServerLink, type ServerLink } from './server-link.ts'

export interface AgentOptions {
  readonly server: string
  /** file with the certificates to trust */
  readonly caFile?: string | undefined
  /** where the agent keeps its secret and results; nobody else's */
  readonly directory: string
  readonly machine: Machine
  readonly log: ServerLog
  /** what lets it in for the first time; undefined when nothing was given */
  enrolmentToken(): Promise<string | undefined>
  /** how long runs may go on after the signal to stop */
  readonly graceMs: number
}

const againMs = 1_000
const longestAgainMs = 60_000

/**
 * Does the backups that are this machine's until the context is stopped, and never listens. A server that is away is
 * waited for. Fails at the start when the server refuses, or the directory cannot be used.
 */
export async function startAgent(options: AgentOptions, ctx: Context): Promise<void> {
  const { server, caFile, directory, machine, log } = options
  await prepareAgentDirectory(directory)
  using _lock = lockAgentDirectory(directory)
  const workDirectory = join(directory, 'work')
  // of processes that were killed
  await rm(workDirectory, { recursive: true, force: true })
  await mkdir(workDirectory, { mode: 0o700 })
  const spool = await openResultSpool(join(directory, 'results'))
  let identity = await readIdentity(directory)
  const ca = caFile === undefined ? {} : { ca: await readAuthority(caFile) }
  using link = openServerLink({ server, ...ca, secret: () => identity?.secret })
  const self: AgentSelf = {
    protocol: agentProtocol,
    version: machine.version,
    instance: randomBytes(6).toString('hex'),
  }
  const delivery = await openDelivery({ spool, link, self, log })
  const hello = await openHello({ directory, link, self, delivery })
  identity ??= await letIn(options, link, ctx)
  const greeting = await patiently(log, ctx, async () => {
    try {
      return await hello(true, ctx)
    } catch (error) {
      if (!(isForgotten(error) || isCopied(error)) || !(await hasNewToken(options))) throw error
      log.write('warning', 'the server does not take this agent for the one it knows; it is enrolled again')
      identity = await letIn(options, link, ctx)
      return await hello(true, ctx)
    }
  })
  log.write('info', `agent ${greeting.name} works for ${link.server}`, {
    agent: greeting.name,
    server: link.server,
    instance: self.instance,
    version: self.version,
    serverVersion: greeting.version,
  })
  await doAgentWork({ ...options, link, self, delivery, hello, greeting, workDirectory }, ctx)
  log.write('info', 'everything has been brought to an end')
}

/** To try the old one again would only make a finding on the server, and hide why another is needed. */
async function hasNewToken({ directory, enrolmentToken }: AgentOptions): Promise<boolean> {
  const token = await enrolmentToken()
  return token !== undefined && !(await isUsedToken(directory, token))
}

async function letIn(options: AgentOptions, link: ServerLink, ctx: Context): Promise<AgentIdentity> {
  const token = await options.enrolmentToken()
  if (token === undefined) throw new AppError('AGENT_TOKEN_MISSING', {})
  const { directory, log } = options
  const identity = await patiently(log, ctx, () => enrol(directory, token, link, ctx))
  log.write('info', `enrolled as ${identity.name}; the token is used up`)
  return identity
}

/** Again and again as long as the server is only away. */
async function patiently<Result>(log: ServerLog, ctx: Context, work: () => Promise<Result>): Promise<Result> {
  for (let pauseMs = againMs; ; pauseMs = Math.min(longestAgainMs, pauseMs * 2)) {
    try {
      return await work()
    } catch (error) {
      ctx.signal.throwIfAborted()
      if (!isAppError(error, 'AGENT_SERVER_AWAY')) throw error
      log.write('warning', `${error.message}; it is waited for`, { hint: error.hint })
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal: ctx.signal }).catch(() => {})
      ctx.signal.throwIfAborted()
    }
  }
}

function isForgotten(error: unknown): boolean {
  return isAppError(error, 'AGENT_REFUSED') && meansForgotten(error.details['code'])
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('ARGUMENT_INVALID', { name: '--ca', value: JSON.stringify(path), reason }, { cause: error })
  }
}
