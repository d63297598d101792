import { setTimeout as delay } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { repeat } from './repeat.ts'

test('work is repeated whatever it throws, sooner when that is wanted, and never beside itself', async () => {
  const stop = new AbortController()
  const failures: unknown[] = []
  let [times, atOnce, most] = [0, 0, 0]
  const work = async (): Promise<void> => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await delay(2)
    atOnce -= 1
    times += 1
    if (times === 2) throw new Error('bad luck')
  }
  const repetition = repeat(
    () => 60_000,
    work,
    (error) => failures.push(error),
    quietContext({ signal: stop.signal }),
  )
  await expect.poll(() => times).toBe(1)
  // while nothing is under way
  await delay(5)
  repetition.soon()
  await expect.poll(() => times).toBe(2)
  await delay(5)
  repetition.soon()
  await expect.poll(() => times).toBe(3)
  stop.abort()
  await repetition.over
  expect(failures).toMatchObject([{ message: 'bad luck' }])
  expect(most).toBe(1)
})

test('what is wanted soon while it is being done is done once more', async () => {
  const stop = new AbortController()
  let times = 0
  const repetition = repeat(
    () => 60_000,
    async () => {
      times += 1
      await delay(1)
      if (times === 1) repetition.soon()
    },
    () => {},
    quietContext({ signal: stop.signal }),
  )
  await expect.poll(() => times).toBe(2)
  stop.abort()
  await repetition.over
  expect(times).toBe(2)
})
