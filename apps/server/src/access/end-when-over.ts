import type { ServerResponse } from 'node:http'
import type { Caller } from '@holdfast/api/caller'
import { isAppError } from '@holdfast/core/errors/app-error'

/**
 * Cuts off an answer that goes on and on (events, a great download) when whoever asked for it has signed out, was removed, or
 * may do something else now. `again` finds out who asks, as when the request came; undefined: nobody any more.
 */
export function endWhenOver(
  caller: Caller,
  answer: ServerResponse,
  { again, everyMs }: { readonly again: () => Promise<Caller | undefined>; readonly everyMs: number },
): void {
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    try {
      const now = await again()
      if (now !== undefined && JSON.stringify(now) === JSON.stringify(caller)) return start()
    } catch (error) {
      // a catalogue that is away says nothing about anybody
      if (!isAppError(error, 'CREDENTIAL_REFUSED')) return start()
    }
    answer.destroy()
  }
  const start = (): void => {
    if (answer.closed) return
    timer = setTimeout(() => void look(), everyMs).unref()
  }
  answer.once('close', () => clearTimeout(timer))
  start()
}
