import type { Context } from '@holdfast/core/context'
import type { AppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ServerLog } from '../server-log.ts'

/** Tells of what an agent was refused: its own programs never ask for it. */
export async function noteRefusal(
  error: AppError,
  { log }: { readonly log: ServerLog; readonly marks: MarkStore },
  _ctx: Context,
): Promise<void> {
  if (!['GATEWAY_DENIED', 'GATEWAY_FILE_REFUSED', 'GATEWAY_UNKNOWN_AGENT'].includes(error.code)) return
  log.event({ type: 'message.noted', level: 'warning', message: `the gateway refused: ${error.message}` })
}
