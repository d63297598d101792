import { expect, test } from 'vitest'
import { scrypt, threadsFor } from './scrypt.ts'

const usual = { N: 32768, r: 8 }

// RFC 7914 §12
test.each([
  {
    password: '',
    salt: '',
    cost: { N: 16, r: 1, p: 1 },
    begins: '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442',
  },
  {
    password: 'password',
    salt: 'NaCl',
    cost: { N: 1024, r: 8, p: 16 },
    begins: 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162',
  },
])('the example of the RFC for $cost comes out', async ({ password, salt, cost, begins }) => {
  const derived = await scrypt(Buffer.from(password), Buffer.from(salt), 64, cost)
  expect(derived).toHaveLength(64)
  expect(derived.toString('hex').slice(0, 64)).toBe(begins)
})

test('each lane has a thread where there are processors for them', () => {
  expect(threadsFor({ ...usual, p: 3 }, 8)).toBe(3)
  expect(threadsFor({ ...usual, p: 3 }, 2)).toBe(2)
  expect(threadsFor({ ...usual, p: 1 }, 1)).toBe(1)
})

test('threads together take 128 MiB at most, and none is started where one alone would take more', () => {
  expect(threadsFor({ ...usual, p: 16 }, 64)).toBe(4)
  expect(threadsFor({ N: 2 ** 17, r: 8, p: 4 }, 8)).toBe(1)
  expect(threadsFor({ N: 2 ** 18, r: 8, p: 4 }, 8)).toBe(0)
})

test('no thread is started for a cost that takes less time than a thread', () => {
  expect(threadsFor({ N: 1024, r: 8, p: 16 }, 8)).toBe(0)
})
