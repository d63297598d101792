/** The middle value; the mean of the two middle ones when there is an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * How far values usually lie from their median, scaled so that it equals the standard deviation of a normal
 * distribution; one wild value does not move it. Source: Rousseeuw and Croux, "Alternatives to the Median Absolute
 * Deviation", 1993.
 */
export function spread(values: readonly number[]): number {
  const middle = median(values)
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)))
}

/**
 * Growth per unit of x as the median of the slopes between all pairs: a day of cleaning up or of a great import does not
 * bend it (Theil 1950, Sen 1968). NaN with fewer than two different x.
 */
export function robustSlope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).flatMap((b) => (b.x === a.x ? [] : [(b.y - a.y) / (b.x - a.x)])),
  )
  return median(slopes)
}
