import type { RandomStream } from './random-stream.ts'

/** Fills `target` with phrases in random order; every thirtieth or so is followed by a number that never recurs. */
export function fillText(target: Buffer, phrases: readonly Buffer[], random: RandomStream): void {
  let at = 0
  while (at < target.length) {
    const phrase = random.pick(phrases)
    at += phrase.copy(target, at)
    if (random.below(30) === 0) at += target.write(random.word().toString(36), at, 'latin1')
  }
}
