import { messageOf } from '@holdfast/orchestrator/operation/operation-report'
import type { ServerLog } from './server-log.ts'

const toldAgainMs = 60_000

/** Tells of a failure that comes every second once a minute, and at once when it changes. */
export function toldOnce(log: ServerLog, what: string, now: () => Date): (error: unknown) => void {
  let told = { message: '', atMs: 0 }
  return (error) => {
    const [message, atMs] = [messageOf(error), now().getTime()]
    if (message === told.message && atMs - told.atMs < toldAgainMs) return
    told = { message, atMs }
    log.failure(what, error)
  }
}
