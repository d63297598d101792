import type { Context } from '@holdfast/core/context'

/** How long a stop may take: what has come is stored, and put into a snapshot. */
export const graceMs = 60_000

/**
 * Puts what was followed last into a snapshot. All is durable already; this spares the next run and stock restic the tips, so
 * that its failure is told and no more.
 */
export async function batchTips(sink: { batch(ctx: Context): Promise<void> }, ctx: Context): Promise<void> {
  // the signal that ended the following must not end this
  const closing = { signal: AbortSignal.timeout(graceMs), now: () => ctx.now(), emit: ctx.emit.bind(ctx) }
  await sink.batch(closing).catch((error: unknown) => {
    const message = `what was followed last stays in tips: ${error instanceof Error ? error.message : String(error)}`
    ctx.emit({ type: 'message.noted', level: 'info', message })
  })
}
