import { describe, expect, it } from 'vitest'
import { RecoverableClock } from './recoverable-clock.ts'
import { walTime } from './wal-time.ts'

const second = 1_000_000n

describe('the instant up to which everything is safe', () => {
  it('is that of the message before the one which told how far the WAL went', () => {
    const clock = new RecoverableClock()
    clock.walReceived(100n, 1n * second)
    expect(clock.until(100n)).toBeUndefined()
    clock.walReceived(200n, 2n * second)
    expect(clock.until(199n)).toBeUndefined()
    expect(clock.until(200n)).toBe(walTime(1n * second))
  })

  it('goes on while the database is quiet, one keepalive behind', () => {
    const clock = new RecoverableClock()
    clock.walReceived(100n, 1n * second)
    clock.keepaliveReceived(100n, 2n * second, true)
    expect(clock.until(100n)).toBeUndefined()
    clock.keepaliveReceived(100n, 3n * second, true)
    expect(clock.until(100n)).toBe(walTime(2n * second))
  })

  it('does not trust the clock of a server that has more than it has sent', () => {
    const clock = new RecoverableClock()
    clock.walReceived(1000n, 1n * second)
    clock.keepaliveReceived(100n, 2n * second, true)
    clock.keepaliveReceived(100n, 3n * second, true)
    expect(clock.until(1000n)).toBeUndefined()
  })

  it('does not take two keepalives sent together for a proof that nothing lay between', () => {
    const clock = new RecoverableClock()
    clock.keepaliveReceived(100n, 2n * second, true)
    clock.keepaliveReceived(100n, 3n * second, false)
    expect(clock.until(100n)).toBeUndefined()
  })

  it('keeps what is still needed after a position became durable, and little else under load', () => {
    const clock = new RecoverableClock()
    for (let index = 1n; index <= 1000n; index++) clock.walReceived(index, index * second)
    clock.release(500n)
    expect(clock.until(500n)).toBe(walTime(499n * second))
    expect(clock.until(499n)).toBeUndefined()
    expect(clock.until(1000n)).toBe(walTime(999n * second))
  })
})

describe('a server', () => {
  it('is ahead when it wrote more long ago than what has come, and much', () => {
    const clock = new RecoverableClock()
    clock.walReceived(1000n, 1n * second)
    expect(clock.isAhead(100n, 500, 5000), 'how old what came is, is not known').toBe(true)
    expect(clock.isAhead(600n, 500, 5000), 'little is missing').toBe(false)
    clock.walReceived(1000n, 2n * second)
    clock.walReceived(9000n, 7n * second)
    expect(clock.isAhead(1000n, 500, 6000), 'what is missing was not there so long ago').toBe(false)
    expect(clock.isAhead(1000n, 500, 5000)).toBe(true)
    expect(clock.isAhead(8900n, 500, 5000)).toBe(false)
  })
})
