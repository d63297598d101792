import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import { gatewayRefusalMark } from '@holdfast/orchestrator/finding/detect/gateway-refused'
import type { ServerLog } from '../server-log.ts'

/** Who tries a thousand things is told of once a minute. */
const notedAgainMs = 60_000

/**
 * Tells of what an agent was refused: in the log, and by a mark that becomes a finding where no program of ours would have
 * asked for it.
 */
export function createRefusalNotes(log: ServerLog, marks: Pick<MarkStore, 'set'>) {
  const noted = new Map<string, number>()
  return async (error: unknown, ctx: Context): Promise<void> => {
    if (!isRefusal(error)) return
    log.event({ type: 'message.noted', level: 'warning', message: `the gateway refused: ${error.message}` })
    const agent = String(error.details['agent'] ?? '')
    const atMs = ctx.now().getTime()
    if (agent === '' || !isAlarming(error) || atMs - (noted.get(agent) ?? -Infinity) < notedAgainMs) return
    noted.set(agent, atMs)
    const what = error.message.slice(0, 300)
    await marks.set(gatewayRefusalMark(agent), JSON.stringify({ at: ctx.now().toISOString(), what }))
  }
}

function isRefusal(error: unknown): error is AppError {
  return (
    isAppError(error, 'GATEWAY_DENIED') ||
    isAppError(error, 'GATEWAY_FILE_REFUSED') ||
    isAppError(error, 'GATEWAY_UNKNOWN_AGENT')
  )
}

/**
 * A write-only agent asks for trees of its last backup in vain, and everybody tries to remove locks that are stale; to
 * alter, remove or forge something, or to ask for what is not its own, is no habit of an honest one.
 */
function isAlarming(error: AppError): boolean {
  if (error.code !== 'GATEWAY_DENIED') return true
  const [method = '', what = ''] = String(error.details['action'] ?? '').split(' ')
  if (what.startsWith('/')) return true
  return method !== 'GET' && method !== 'HEAD' && !what.startsWith('locks/')
}
