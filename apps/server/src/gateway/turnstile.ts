/** Lets so many through at a time; others wait, up to a number. */
export interface Turnstile {
  /** Undefined when too many wait already, or when the signal came first. */
  enter(signal: AbortSignal): Promise<Disposable | undefined>
}

export function createTurnstile(places: number, waitingPlaces: number): Turnstile {
  let taken = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    // the place is handed on
    if (next === undefined) taken -= 1
    else next()
  }
  const place = (): Disposable => {
    let isLeft = false
    return {
      [Symbol.dispose]() {
        if (!isLeft) leave()
        isLeft = true
      },
    }
  }
  return {
    enter(signal) {
      if (signal.aborted) return Promise.resolve(undefined)
      if (taken < places) {
        taken += 1
        return Promise.resolve(place())
      }
      if (waiting.length >= waitingPlaces) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        const turn = (): void => {
          signal.removeEventListener('abort', give)
          resolve(place())
        }
        const give = (): void => {
          waiting.splice(waiting.indexOf(turn), 1)
          resolve(undefined)
        }
        waiting.push(turn)
        signal.addEventListener('abort', give, { once: true })
      })
    },
  }
}
