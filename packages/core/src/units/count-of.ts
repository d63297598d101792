/** "1 snapshot", "2 snapshots"; counts beyond 2^53 as bigint or text */
export function countOf(count: number | bigint | string, singular: string, plural = `${singular}s`): string {
  return `${count} ${String(count) === '1' ? singular : plural}`
}
