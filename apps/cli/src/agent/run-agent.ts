import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { startAgent } from '@holdfast/server/agent/worker/start-agent'
import { createServerLog } from '@holdfast/server/server-log'
import type { AgentOptions } from '../command/agent.ts'
import type { Invocation } from '../command/command.ts'
import { configSurroundings } from '../session/config-surroundings.ts'
import { currentMachine } from '../session/current-machine.ts'

const defaultGraceMs = 30_000

/** Until the signal to stop, which is its ordinary end. */
export async function runAgent(invocation: Invocation<AgentOptions>): Promise<number> {
  const { variables, options, ctx } = invocation
  const { server, ca, grace = defaultGraceMs } = options
  if (server === undefined) throw new AppError('ARGUMENT_MISSING', { command: 'agent', argument: '--server <url>' })
  const log = createServerLog(process.stderr, () => ctx.now())
  await startAgent(
    {
      server,
      // its processes have it in their environment, wherever they work
      ...(ca === undefined ? {} : { caFile: resolve(ca) }),
      directory: join(configSurroundings(variables).stateDirectory, 'agent'),
      machine: currentMachine(invocation),
      log,
      graceMs: grace,
      enrolmentToken: () => readEnrolmentToken(variables),
    },
    { ...ctx, now: () => ctx.now(), emit: (event) => log.event(event) },
  )
  return 0
}

/** Fails with SECRET_UNREADABLE when a file is named and cannot be read. */
async function readEnrolmentToken(variables: Invocation['variables']): Promise<string | undefined> {
  const own = variables('HOLDFAST_ENROLMENT_TOKEN')?.trim()
  if (own !== undefined && own !== '') return own
  const file = variables('HOLDFAST_ENROLMENT_TOKEN_FILE')
  if (file === undefined || file === '') return undefined
  try {
    const text = (await readFile(file, 'utf8')).trim()
    return text === '' ? undefined : text
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('AGENT_TOKEN_REFUSED', { reason: `its file cannot be read: ${reason}` }, { cause: error })
  }
}
