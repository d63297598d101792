import { expect, test } from 'vitest'
import { createTurnstile } from './turnstile.ts'

const never = new AbortController().signal

test('lets so many through, and the next when one has left', async () => {
  const turnstile = createTurnstile(2, 1)
  const [first, second] = [await turnstile.enter(never), await turnstile.enter(never)]
  let isIn = false
  const third = turnstile.enter(never).then((place) => {
    isIn = true
    return place
  })
  expect(await turnstile.enter(never), 'nobody waits behind the one who waits').toBeUndefined()
  expect([first !== undefined, second !== undefined, isIn]).toEqual([true, true, false])
  first?.[Symbol.dispose]()
  first?.[Symbol.dispose]()
  expect(await third).toBeDefined()
  expect(await turnstile.enter(AbortSignal.abort()), 'leaving twice gives one place').toBeUndefined()
})

test('forgets who goes away while waiting', async () => {
  const turnstile = createTurnstile(1, 1)
  const first = await turnstile.enter(never)
  const gone = new AbortController()
  const waiting = turnstile.enter(gone.signal)
  gone.abort()
  expect(await waiting).toBeUndefined()
  first?.[Symbol.dispose]()
  expect(await turnstile.enter(never)).toBeDefined()
})
