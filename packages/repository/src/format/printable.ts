import { printableRuns } from './printable-table.ts'

/** The first code points of the alternating runs; every second run, from the odd ones on, is printable. */
const runStarts = startsOf(printableRuns)

/** Whether Go's strconv prints this code point as it is: letters, marks, numbers, punctuation, symbols and the space. */
export function isPrintable(codePoint: number): boolean {
  let low = 0
  let high = runStarts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((runStarts[middle] ?? 0) <= codePoint) low = middle
    else high = middle
  }
  return (low & 1) === 1
}

function startsOf(runs: string): Uint32Array {
  const lengths = runs.split(' ')
  const starts = new Uint32Array(lengths.length)
  for (let i = 1; i < lengths.length; i++) {
    starts[i] = (starts[i - 1] ?? 0) + Number.parseInt(lengths[i - 1] ?? '', 36)
  }
  return starts
}
