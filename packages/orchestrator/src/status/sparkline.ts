import type { Sample } from '../catalogue/catalogue.ts'

type Point = Pick<Sample, 'at' | 'value'>

const blocks = '▁▂▃▄▅▆▇█'
const mostBlocks = 30
const [width, height, margin] = [240, 40, 2]

/** A series as a line of blocks, the lowest for the least value: of each stretch of time its greatest. */
export function sparkBlocks(points: readonly Point[]): string {
  const values = greatestOfStretches(points)
  const [low, high] = rangeOf(values)
  return values
    .map((value) => blocks[high === low ? 0 : Math.round(((value - low) / (high - low)) * (blocks.length - 1))])
    .join('')
}

/**
 * A series as an SVG element: time from left to right, from nothing to its greatest value. `limit` is drawn across it,
 * what was promised. `label` is what a person who cannot see it is told; it must be safe in an attribute.
 */
export function sparkSvg(
  points: readonly Point[],
  choice: { readonly label: string; readonly from: Date; readonly to: Date; readonly limit?: number },
): string {
  const { label, from, to, limit } = choice
  const spanMs = Math.max(1, to.getTime() - from.getTime())
  const high = Math.max(1, limit ?? 0, ...points.map(({ value }) => value))
  const x = (at: Date) => round(margin + ((at.getTime() - from.getTime()) / spanMs) * (width - 2 * margin))
  const y = (value: number) => round(height - margin - (value / high) * (height - 2 * margin))
  const line = points.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')
  const across =
    limit === undefined ? '' : `<line class="limit" x1="0" x2="${width}" y1="${y(limit)}" y2="${y(limit)}"/>`
  const last = points.at(-1)
  const dot = last === undefined ? '' : `<circle cx="${x(last.at)}" cy="${y(last.value)}" r="2"/>`
  return `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${across}<polyline points="${line}"/>${dot}</svg>`
}

function greatestOfStretches(points: readonly Point[]): number[] {
  if (points.length <= mostBlocks) return points.map(({ value }) => value)
  const size = points.length / mostBlocks
  return Array.from({ length: mostBlocks }, (_, stretch) =>
    Math.max(...points.slice(Math.floor(stretch * size), Math.floor((stretch + 1) * size)).map(({ value }) => value)),
  )
}

function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
