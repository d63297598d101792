import type { Lsn } from './lsn.ts'
import { type WalTime, walTime } from './wal-time.ts'

/** Claims closer together in the server's time than this say nothing worth keeping. */
const spacingMicroseconds = 20_000n

interface Claim {
  /** whatever was committed up to `at` lies before this position */
  readonly lsn: Lsn
  readonly at: bigint
}

/**
 * Answers: when WAL up to a position is safe, up to which instant of the server's clock is every commit safe? Commits that
 * were acknowledged to a client only; the clock is read just before that.
 *
 * A message with WAL says where the server's WAL ended, but that was looked up before the message's time was taken: it is
 * only sure for the time of the message before it. A keepalive says how far the server has sent, not how far its WAL
 * goes; but when it had sent one, and we had it and asked again, and it still has sent no more, then there
 * was no more when it sent the first.
 */
export class RecoverableClock {
  #claims: Claim[] = []
  #previousSentAt: bigint | undefined
  #serverEndLsn: Lsn = 0n
  /** the last message, when it was a keepalive that told of everything the server was known to have */
  #idle: Claim | undefined

  walReceived(serverEndLsn: Lsn, sentAt: bigint): void {
    if (serverEndLsn > this.#serverEndLsn) this.#serverEndLsn = serverEndLsn
    if (this.#previousSentAt !== undefined) this.#claim(serverEndLsn, this.#previousSentAt)
    this.#previousSentAt = sentAt
    this.#idle = undefined
  }

  /** `answersRequest`: we asked for it well after the message before it had come. */
  keepaliveReceived(sentLsn: Lsn, sentAt: bigint, answersRequest: boolean): void {
    const idle = this.#idle
    if (answersRequest && idle?.lsn === sentLsn) this.#claim(sentLsn, idle.at)
    if (idle === undefined || idle.lsn !== sentLsn || answersRequest) {
      this.#idle = sentLsn >= this.#serverEndLsn ? { lsn: sentLsn, at: sentAt } : undefined
    }
    this.#previousSentAt = sentAt
  }

  /** The latest instant that is safe when everything before `lsn` is; undefined when none is known. */
  until(lsn: Lsn): WalTime | undefined {
    const claim = this.#claims.findLast((known) => known.lsn <= lsn)
    return claim === undefined ? undefined : walTime(claim.at)
  }

  /** Whether the server is known to have written so much more than what lies before `lsn`, and for longer than `forMs`. */
  isAhead(lsn: Lsn, byBytes: number, forMs: number): boolean {
    if (this.#serverEndLsn - lsn <= BigInt(byBytes)) return false
    const claim = this.#claims.findLast((known) => known.lsn <= lsn)
    return claim === undefined || (this.#previousSentAt ?? claim.at) - claim.at > BigInt(forMs) * 1000n
  }

  /** Everything before `lsn` is safe: what is known of earlier positions is not needed any more. */
  release(lsn: Lsn): void {
    const index = this.#claims.findLastIndex((known) => known.lsn <= lsn)
    if (index > 0) this.#claims.splice(0, index)
  }

  #claim(lsn: Lsn, at: bigint): void {
    const last = this.#claims.at(-1)
    if (last === undefined) this.#claims.push({ lsn, at })
    else if (at <= last.at) return
    else if (last.lsn === lsn) this.#claims.splice(-1, 1, { lsn, at })
    else if (at - last.at >= spacingMicroseconds) this.#claims.push({ lsn, at })
  }
}
