import type { Context } from '../context.ts'

/** One thing that was looked at to prove a restore, with what was seen. */
export interface Check {
  /** stable, for machines: "rows", "foreign-keys" */
  readonly name: string
  /** what it was about: a database, a table; empty for the whole */
  readonly subject: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  /** one sentence for people: figures, or why it failed or was skipped */
  readonly evidence: string
  readonly durationMs: number
}

export type CheckOutcome = Pick<Check, 'verdict' | 'evidence'>

export const passed = (evidence: string): CheckOutcome => ({ verdict: 'passed', evidence })
export const failed = (evidence: string): CheckOutcome => ({ verdict: 'failed', evidence })
export const skipped = (evidence: string): CheckOutcome => ({ verdict: 'skipped', evidence })

/** Times a check. What it throws is its failure, except an interruption, which is passed on. */
export async function runCheck(
  { name, subject = '' }: { readonly name: string; readonly subject?: string },
  look: () => Promise<CheckOutcome>,
  ctx: Context,
): Promise<Check> {
  const startedAt = ctx.now().getTime()
  let outcome: CheckOutcome
  try {
    outcome = await look()
  } catch (error) {
    ctx.signal.throwIfAborted()
    outcome = failed(error instanceof Error ? error.message : String(error))
  }
  return { name, subject, ...outcome, durationMs: ctx.now().getTime() - startedAt }
}
