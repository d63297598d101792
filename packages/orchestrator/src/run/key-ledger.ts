import type { RunDraft } from './run.ts'
import type { RunLimits } from './run-queue.ts'

type Keys = Pick<RunDraft, 'exclusiveKeys' | 'limitKeys'>

/** A run that has waited this long for an exclusive key is given way. */
const patienceMs = 15 * 60_000

/**
 * Which keys running runs have, and so which runs may begin: an exclusive key keeps out every other run that names it, as
 * an exclusive or as a limit key; a limit key admits as many as the limits say.
 */
export class KeyLedger {
  readonly #limits: RunLimits
  readonly #exclusive = new Set<string>()
  readonly #reserved = new Set<string>()
  readonly #uses = new Map<string, number>()

  constructor(running: Iterable<Keys>, limits: RunLimits) {
    this.#limits = limits
    for (const keys of running) this.hold(keys)
  }

  hold({ exclusiveKeys, limitKeys }: Keys): void {
    for (const key of exclusiveKeys) this.#exclusive.add(key)
    for (const key of new Set([...exclusiveKeys, ...limitKeys])) this.#uses.set(key, this.#usesOf(key) + 1)
  }

  admits({ exclusiveKeys, limitKeys }: Keys): boolean {
    if (exclusiveKeys.some((key) => this.#usesOf(key) > 0 || this.#reserved.has(key))) return false
    return limitKeys.every(
      (key) =>
        !this.#exclusive.has(key) &&
        !this.#reserved.has(key) &&
        this.#usesOf(key) < (this.#limits.get(key) ?? Infinity),
    )
  }

  /**
   * To be told of runs that were not admitted, the most urgent first. Those that come after one that has waited for long
   * no longer get in before it: else a repository that is always written to would never be pruned.
   */
  giveWay({ exclusiveKeys }: Keys, waitedMs: number): void {
    if (waitedMs < patienceMs) return
    for (const key of exclusiveKeys) this.#reserved.add(key)
  }

  #usesOf(key: string): number {
    return this.#uses.get(key) ?? 0
  }
}
