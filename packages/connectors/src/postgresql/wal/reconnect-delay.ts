export interface ReconnectDelays {
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  /** 0 to 1 */
  random(): number
}

/**
 * Growing pauses between attempts: doubled each time up to the longest, each shortened by up to half at random, so that many
 * who lost the same server do not return together.
 */
export class ReconnectDelay {
  readonly #delays: ReconnectDelays
  #attempts = 0

  constructor(delays: ReconnectDelays) {
    this.#delays = delays
  }

  get attempts(): number {
    return this.#attempts
  }

  nextMs(): number {
    const { firstDelayMs, longestDelayMs, random } = this.#delays
    const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(this.#attempts, 30))
    this.#attempts++
    return fullMs * (1 - random() / 2)
  }

  reset(): void {
    this.#attempts = 0
  }
}
