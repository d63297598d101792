/**
 * An instant to the microsecond, as PostgreSQL keeps them: "2026-11-20T05:29:59.123456Z". Always UTC and of the same
 * length, so that comparing texts compares instants, and JSON keeps them exactly.
 */
export type WalTime = string

/** PostgreSQL counts microseconds from 2000-01-01 UTC. */
const epochMs = 946_684_800_000n

/** Beyond these years (JavaScript's dates end in 275760, PostgreSQL's later) a time in WAL is nonsense. */
const latestMicroseconds = 251_000_000_000_000_000n

/** `microseconds`: since 2000-01-01 UTC, as in WAL and in the replication protocol. */
export function walTime(microseconds: bigint): WalTime {
  const clamped = microseconds > latestMicroseconds ? latestMicroseconds : microseconds
  const total = clamped + epochMs * 1000n
  const positive = total < 0n ? 0n : total
  const seconds = new Date(Number(positive / 1_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(positive % 1_000_000n).padStart(6, '0')}Z`
}

/** Exact to the millisecond that a Date has. */
export function walTimeOf(date: Date): WalTime {
  return walTime(postgresMicroseconds(date))
}

/** Loses what is below a millisecond. */
export function dateOfWalTime(time: WalTime): Date {
  return new Date(`${time.slice(0, 23)}Z`)
}

/** As the replication protocol sends a client's clock. */
export function postgresMicroseconds(date: Date): bigint {
  return (BigInt(date.getTime()) - epochMs) * 1000n
}

export function laterTime(first: WalTime | undefined, second: WalTime | undefined): WalTime | undefined {
  if (first === undefined) return second
  return second === undefined || first > second ? first : second
}

export function earlierTime(first: WalTime | undefined, second: WalTime | undefined): WalTime | undefined {
  if (first === undefined) return second
  return second === undefined || first < second ? first : second
}
