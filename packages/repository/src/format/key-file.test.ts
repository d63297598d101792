import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createMasterKey } from './create-master-key.ts'
import { createKeyFile, openKeyFile, parseKeyFile } from './key-file.ts'

const master = createMasterKey()
const identity = { username: 'a<b', hostname: 'höst' }
const now = new Date('2024-02-29T12:00:00.5Z')
const cheap = { N: 16, r: 1, p: 1 }
const { name, bytes } = await createKeyFile('pässwörd', master, identity, now, cheap)

test('a key file opens with its password and no other', async () => {
  expect(await openKeyFile(bytes, 'pässwörd')).toEqual(master)
  expect(await openKeyFile(bytes, 'passwörd')).toBeUndefined()
})

test('a key file is plain JSON with keys in the order of restic, named by its hash', () => {
  const json = bytes.toString()
  const keys = ['created', 'username', 'hostname', 'kdf', 'N', 'r', 'p', 'salt', 'data']
  expect([...json.matchAll(/"(\w+)":/g)].map((match) => match[1])).toEqual(keys)
  expect(json).toContain('"username":"a\\u003cb","hostname":"höst"')
  expect(name).toBe(hash('sha256', bytes, 'hex'))
})

test('the creation time and identity can be read without the password', () => {
  const file = parseKeyFile(bytes)
  expect(file).toMatchObject({ ...identity, ...cheap })
  expect(Date.parse(file.created)).toBe(now.getTime())
  expect(file.salt).toHaveLength(64)
})

test('a new key costs what restic asks for, beyond the default memory limit of Node', async () => {
  const file = await createKeyFile('x', master, identity, now)
  expect(parseKeyFile(file.bytes)).toMatchObject({ N: 32768, r: 8, p: 3 })
  expect(await openKeyFile(file.bytes, 'x')).toEqual(master)
})

test.each([
  { N: 2 ** 24 },
  { N: 2 ** 30 },
  { N: 2 ** 40 },
  { N: 1000 },
  { N: 0 },
  { N: 1 },
  { r: 0 },
  { r: 2 ** 26 },
  { p: 0 },
  { p: 2 ** 26 },
  { N: -16 },
  { N: '16' },
  { kdf: 'argon2' },
  { salt: 'not base64!' },
  { data: null },
])('a key file with %o is refused before anything is derived', async (change) => {
  const altered = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), ...change }))
  await expect(openKeyFile(altered, 'pässwörd')).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
})
