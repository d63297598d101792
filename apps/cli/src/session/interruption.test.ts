import { expect, test } from 'vitest'
import { createInterruption } from './interruption.ts'

test('the first request stops, one that comes right with it is the same key press, a later one insists', () => {
  const interruption = createInterruption()
  expect(interruption.signal.aborted).toBe(false)
  expect(interruption.interrupt(1000)).toBe('first')
  expect(interruption.signal.reason).toMatchObject({ code: 'INTERRUPTED' })
  expect(interruption.interrupt(1005)).toBe('first')
  expect(interruption.interrupt(2500)).toBe('again')
})
