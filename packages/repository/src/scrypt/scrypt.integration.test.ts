import { randomBytes, scryptSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { scryptInThreads } from './scrypt.ts'

const [password, salt] = [randomBytes(12), randomBytes(64)]

test.each([
  { cost: { N: 32768, r: 8, p: 3 }, threads: 3 },
  { cost: { N: 4096, r: 8, p: 7 }, threads: 3 },
  { cost: { N: 4096, r: 5, p: 1 }, threads: 1 },
])('threads derive what OpenSSL does: $threads for $cost', async ({ cost, threads }) => {
  const expected = scryptSync(password, salt, 64, { ...cost, maxmem: 2 ** 27 })
  expect(await scryptInThreads(password, salt, 64, cost, threads)).toEqual(expected)
})

test('a thread that cannot have its memory is reported, so that another way is taken', async () => {
  const moreThanWebAssemblyHas = { N: 2 ** 26, r: 8, p: 1 }
  expect(await scryptInThreads(password, salt, 64, moreThanWebAssemblyHas, 1)).toBeUndefined()
})
