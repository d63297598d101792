import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '../catalogue/catalogue.ts'
import type { ResolveSecret } from './channel.ts'
import { deadManMark, parseDeadManState } from './dead-man-state.ts'
import { httpPost } from './http-post.ts'

const retryMs = 30_000

/**
 * Requests the address of a watching service (healthchecks.io, Dead Man's Snitch, Uptime Kuma …), which raises the alarm
 * when it is no longer requested: the only message that also comes when this machine is gone. To be called after each
 * tick that succeeded, and only then; of several servers one sends each. Says why when the service cannot be reached.
 */
export async function pingDeadManSwitch(
  config: EffectiveConfig,
  { marks, resolveSecret }: { readonly marks: MarkStore; readonly resolveSecret: ResolveSecret },
  ctx: Context,
): Promise<'sent' | 'not due' | { readonly error: string }> {
  const settings = config.notifications.deadManSwitch
  if (settings === undefined) return 'not due'
  const now = ctx.now().getTime()
  const known = await marks.get(deadManMark)
  const state = parseDeadManState(known)
  // A time further off than the interval is of a longer one that was configured before.
  const wait = state.nextAt.getTime() - now
  if (wait > 0 && wait <= Math.max(settings.everyMs, retryMs)) return 'not due'
  const next = (afterMs: number, failures: number, error?: string) =>
    JSON.stringify({ nextAt: new Date(now + afterMs), failures, error })
  const claimed = next(settings.everyMs, state.failures, state.error)
  if (!(await marks.compareAndSet(deadManMark, known, claimed))) return 'not due'
  try {
    await httpPost(
      { channel: "dead man's switch", url: await resolveSecret(settings.url), method: 'GET', body: '' },
      ctx,
    )
    await marks.compareAndSet(deadManMark, claimed, next(settings.everyMs, 0))
    return 'sent'
  } catch (error) {
    if (ctx.signal.aborted || !isAppError(error)) throw error
    await marks.compareAndSet(
      deadManMark,
      claimed,
      next(Math.min(retryMs, settings.everyMs), state.failures + 1, error.message),
    )
    return { error: error.message }
  }
}
