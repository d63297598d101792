import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import { gatewayRefusalMark } from '@holdfast/orchestrator/finding/detect/gateway-refused'
import type { ServerLog } from '../server-log.ts'

/** Who tries a thousand things is told of so often. */
const everyMs = 60_000
const linesAtMost = 20

/**
 * Tells of what an agent was refused: in the log, and by a mark that becomes a finding where no program of ours would have
 * asked for it.
 */
export function createRefusalNotes(log: ServerLog, marks: Pick<MarkStore, 'set'>) {
  /** of the minute that is running, by agent */
  const minutes = new Map<string, { readonly sinceMs: number; lines: number; isMarked: boolean }>()
  return async (error: unknown, ctx: Context): Promise<void> => {
    if (!isRefusal(error)) return
    const agent = String(error.details['agent'] ?? '')
    const nowMs = ctx.now().getTime()
    const known = minutes.get(agent)
    const isOver = known === undefined || Math.abs(nowMs - known.sinceMs) >= everyMs
    const minute = isOver ? { sinceMs: nowMs, lines: 0, isMarked: false } : known
    minutes.set(agent, minute)
    if (++minute.lines <= linesAtMost) {
      log.event({ type: 'message.noted', level: 'warning', message: `the gateway refused: ${error.message}` })
    }
    if (agent === '' || minute.isMarked || !isAlarming(error)) return
    minute.isMarked = true
    const what = error.message.slice(0, 300)
    await marks.set(gatewayRefusalMark(agent), JSON.stringify({ at: ctx.now().toISOString(), what }))
  }
}

function isRefusal(error: unknown): error is AppError {
  return (
    isAppError(error, 'GATEWAY_DENIED') ||
    isAppError(error, 'GATEWAY_FILE_REFUSED') ||
    isAppError(error, 'GATEWAY_UNKNOWN_AGENT') ||
    isAppError(error, 'GATEWAY_LIMIT_REACHED')
  )
}

/**
 * A write-only agent asks for trees of its last backup in vain, and everybody tries to remove locks that are stale; to
 * alter, remove or forge something, or to ask for what is not its own, is no habit of an honest one.
 */
function isAlarming(error: AppError): boolean {
  // a finding of its own
  if (error.code === 'GATEWAY_LIMIT_REACHED') return false
  if (error.code !== 'GATEWAY_DENIED') return true
  const [method = '', what = ''] = String(error.details['action'] ?? '').split(' ')
  if (what.startsWith('/')) return true
  return method !== 'GET' && method !== 'HEAD' && !what.startsWith('locks/')
}
