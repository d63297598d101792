/** PostgreSQL 13 */
export const oldestVersion = 130_000

/** "15.18 (Debian 15.18-0+deb12u1)" → 150018, "18beta1" → 180000, "9.6.24" → 90624; 0 when it is no version. */
export function versionNumber(text: string): number {
  const match = /^(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?/.exec(text)
  const [major, minor, patch] = [1, 2, 3].map((at) => Number(match?.[at] ?? 0))
  if (match === null || major === undefined || minor === undefined || patch === undefined) return 0
  return major >= 10 ? major * 10_000 + minor : major * 10_000 + minor * 100 + patch
}
