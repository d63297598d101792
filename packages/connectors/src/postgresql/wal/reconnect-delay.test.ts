import { describe, expect, it } from 'vitest'
import { ReconnectDelay } from './reconnect-delay.ts'

describe('pauses between attempts', () => {
  const pauses = (random: number): number[] => {
    const delay = new ReconnectDelay({ firstDelayMs: 100, longestDelayMs: 500, random: () => random })
    const first = Array.from({ length: 5 }, () => delay.nextMs())
    delay.reset()
    return [...first, delay.nextMs()]
  }

  it('double up to the longest, and begin anew after success', () => {
    expect(pauses(0)).toEqual([100, 200, 400, 500, 500, 100])
  })

  it('are shortened by up to half', () => {
    expect(pauses(1)).toEqual([50, 100, 200, 250, 250, 50])
  })
})
