import type { Context } from '@holdfast/core/context'

/** Findings of long work: each is told when it appears or changes, and again only when it had passed meanwhile. */
export class FindingBoard {
  readonly #told = new Map<string, string>()

  /** `sameness`: what must change for the finding to be told again; default the message. */
  note(finding: { code: string; message: string; hint: string }, ctx: Context, sameness = finding.message): void {
    if (this.#told.get(finding.code) === sameness) return
    this.#told.set(finding.code, sameness)
    ctx.emit({ type: 'finding.noted', ...finding })
  }

  passed(...codes: readonly string[]): void {
    for (const code of codes) this.#told.delete(code)
  }
}
