import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, it } from 'vitest'
import type { LogSegment } from './log-sink.ts'
import { SinkPump } from './sink-pump.ts'

const ctx = quietContext()

function segment(name: string): LogSegment {
  // Only the name matters here; the pump looks at nothing else.
  return { name, bytes: new Uint8Array(), facts: { name } as LogSegment['facts'] }
}

describe('giving a sink one thing at a time', () => {
  it('keeps the order, and gives the newest state of a tip once, after what is in the row', async () => {
    const given: string[] = []
    const pump = new SinkPump(2, async ({ name }) => void given.push(name))
    let state = 'old'
    for (const name of ['a', 'b']) {
      pump.push(async () => {
        await pause(5)
        given.push(name)
      })
      pump.pushTip(() => segment(state))
    }
    state = 'new'
    await pump.idle(ctx)
    expect(given).toEqual(['a', 'b', 'new'])
    expect(pump.isIdle).toBe(true)
  })

  it('makes whoever brings whole segments wait while the limit is reached', async () => {
    const pump = new SinkPump(2, () => Promise.resolve())
    const open: (() => void)[] = []
    for (let index = 0; index < 3; index++) {
      pump.push(() => new Promise((done) => open.push(done)), { isSegment: true })
    }
    let hasRoom = false
    const room = pump.room(ctx).then(() => (hasRoom = true))
    await pause(10)
    open[0]?.()
    await pause(10)
    expect(hasRoom).toBe(false)
    open[1]?.()
    await room
    expect(hasRoom).toBe(true)
  })

  it('does nothing more after a failure, and repeats it to whoever waits', async () => {
    const pump = new SinkPump(1, () => Promise.resolve())
    let later = 0
    pump.push(() => Promise.reject(new Error('full')))
    pump.push(async () => void later++)
    await expect(pump.idle(ctx)).rejects.toThrow('full')
    pump.push(async () => void later++)
    await expect(pump.room(ctx)).rejects.toThrow('full')
    expect(later).toBe(0)
  })

  it('stops waiting when it is told to', async () => {
    const pump = new SinkPump(1, () => Promise.resolve())
    pump.push(() => new Promise(() => {}), { isSegment: true })
    const stop = new AbortController()
    const waiting = pump.room({ ...ctx, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
