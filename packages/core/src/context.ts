import type { Event } from './events/event.ts'

/** What every operation is given, as its last parameter: how to be stopped, where to report, and what time it is. */
export interface Context {
  readonly signal: AbortSignal
  emit(event: Event): void
  now(): Date
}

/** A context that cannot be stopped and reports nowhere. */
export function quietContext(overrides: Partial<Context> = {}): Context {
  return { signal: new AbortController().signal, emit: () => {}, now: () => new Date(), ...overrides }
}

/** The same context, stopped by another signal. */
export function withSignal(ctx: Context, signal: AbortSignal): Context {
  return { signal, emit: (event) => ctx.emit(event), now: () => ctx.now() }
}
