import type { EventView } from '@holdfast/api/view/event-view'

/** Where a reader is: the number of the last event that it has, in one age of the ring. */
export interface RingPlace {
  readonly age: string
  readonly number: number
}

/** The newest events, numbered. Places of another age, or too long ago, lead nowhere. */
export interface EventRing {
  append(event: EventView): void
  /** the place after which nothing has happened yet */
  end(): RingPlace
  /** The event after a place; `none`: nothing yet; `lost`: it is not known any more what came. */
  after(place: RingPlace): { readonly place: RingPlace; readonly event: EventView } | 'none' | 'lost'
  /** What was there is forgotten, and all places are of the past. */
  restart(): void
  /** Resolves at the next change, or when the signal says so. */
  changed(signal: AbortSignal): Promise<void>
}

/** @param createAge a word that was never used before */
export function createEventRing(size: number, createAge: () => string): EventRing {
  let age = createAge()
  /** number of the oldest that is kept */
  let first = 1
  let kept: EventView[] = []
  let waiting = new Set<() => void>()
  const wake = (): void => {
    const woken = waiting
    waiting = new Set()
    for (const go of woken) go()
  }
  return {
    append(event) {
      kept.push(event)
      // half at a time, so that not each event moves all others
      if (kept.length >= size * 2) {
        first += kept.length - size
        kept = kept.slice(-size)
      }
      wake()
    },
    end: () => ({ age, number: first + kept.length - 1 }),
    after(place) {
      const number = place.number + 1
      if (place.age !== age || number < first || number > first + kept.length) return 'lost'
      const event = kept[number - first]
      return event === undefined ? 'none' : { place: { age, number }, event }
    },
    restart() {
      age = createAge()
      first = 1
      kept = []
      wake()
    },
    changed: (signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done)
          waiting.delete(done)
          resolve()
        }
        if (signal.aborted) return resolve()
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
      }),
  }
}

/** "3f9a0c:17" */
export function placeText({ age, number }: RingPlace): string {
  return `${age}:${number}`
}

/** Anything else than such a text is a place that leads nowhere. */
export function parsePlace(text: string): RingPlace {
  const [, age = '', number = ''] = /^([0-9a-z]{1,16}):(\d{1,15})$/.exec(text) ?? []
  return { age, number: number === '' ? -1 : Number(number) }
}
