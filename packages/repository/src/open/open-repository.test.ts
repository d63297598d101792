import { hash } from 'node:crypto'
import { type Context, quietContext } from '@holdfast/core/context'
import type { Backend, FileId } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { encodeConfigFile } from '../format/config-file.ts'
import { createMasterKey } from '../format/create-master-key.ts'
import { seal } from '../format/crypto.ts'
import { createKeyFile } from '../format/key-file.ts'
import type { MasterKey } from '../format/master-key.ts'
import { initRepository } from './init-repository.ts'
import { openRepository } from './open-repository.ts'

const ctx = quietContext()
const identity = { username: 'u', hostname: 'h' }
const cheap = { N: 16, r: 1, p: 1 }
const config = { version: 2, id: 'ab'.repeat(32), chunkerPolynomial: 0x3da3358b4dc173n } as const
const configFile: FileId = { type: 'config', name: 'config' }

async function put(backend: Backend, file: FileId, bytes: Uint8Array): Promise<void> {
  await backend.write(file, bytes, { content: 'metadata' }, ctx)
}

async function addKey(backend: Backend, key: MasterKey, password: string): Promise<string> {
  const { name, bytes } = await createKeyFile(password, key, identity, new Date(0), cheap)
  await put(backend, { type: 'key', name }, bytes)
  return name
}

async function withConfig(key: MasterKey, sealed = encodeConfigFile(key, config)): Promise<Backend> {
  const backend = createMemoryBackend()
  await put(backend, configFile, sealed)
  return backend
}

/** Counts the keys that are read, which is how many were tried. */
function counting(backend: Backend): { backend: Backend; read: string[] } {
  const read: string[] = []
  const counted: Backend = {
    ...backend,
    read: (file, range, context: Context) => {
      if (file.type === 'key') read.push(file.name)
      return backend.read(file, range, context)
    },
  }
  return { backend: counted, read }
}

test('a new repository opens with its password, with the settings it was made with', async () => {
  const backend = createMemoryBackend()
  const options = { version: 1, chunkerPolynomial: 0x3da3358b4dc173n, identity } as const
  const made = await initRepository(backend, 'password', options, ctx)
  const opened = await openRepository(backend, 'password', {}, ctx)
  expect(opened.config).toEqual(made.config)
  expect(opened.config).toMatchObject({ version: 1, chunkerPolynomial: 0x3da3358b4dc173n })
  expect(opened.key).toEqual(made.key)
  expect(opened.keyId).toBe(made.keyId)
})

test('an empty place is no repository', async () => {
  await expect(openRepository(createMemoryBackend(), 'x', {}, ctx)).rejects.toMatchObject({
    code: 'REPOSITORY_MISSING',
    exitCode: 10,
  })
})

test('a wrong password is told apart from a missing repository, with the number of keys', async () => {
  const key = createMasterKey()
  const backend = await withConfig(key)
  await addKey(backend, key, 'a')
  await addKey(backend, key, 'b')
  await expect(openRepository(backend, 'c', {}, ctx)).rejects.toMatchObject({
    code: 'REPOSITORY_PASSWORD_WRONG',
    exitCode: 12,
    details: { keys: 2 },
  })
})

test('a place with a config but without any key is not blamed on the password', async () => {
  const backend = await withConfig(createMasterKey())
  await expect(openRepository(backend, 'x', {}, ctx)).rejects.toThrow(/damaged: there is a config but no key/)
})

test('the hinted key is tried first, by any beginning of its name', async () => {
  const key = createMasterKey()
  const inner = await withConfig(key)
  const names = []
  for (let i = 0; i < 5; i++) names.push(await addKey(inner, key, 'same'))
  for (const name of names) {
    const { backend, read } = counting(inner)
    const { keyId } = await openRepository(backend, 'same', { keyHint: name.slice(0, 12) }, ctx)
    expect(keyId).toBe(name)
    expect(read).toEqual([name])
  }
})

test('no more than 20 keys are tried', async () => {
  const key = createMasterKey()
  const inner = await withConfig(key)
  for (let i = 0; i < 25; i++) await addKey(inner, key, 'other')
  const { backend, read } = counting(inner)
  await expect(openRepository(backend, 'x', {}, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_PASSWORD_WRONG' })
  expect(read).toHaveLength(20)
})

test('a damaged key does not stop another from opening, but is named when none does', async () => {
  const key = createMasterKey()
  const backend = await withConfig(key)
  const junk = Buffer.from('{"kdf":"scrypt","N":1e30}')
  await put(backend, { type: 'key', name: hash('sha256', junk, 'hex') }, junk)
  await expect(openRepository(backend, 'good', {}, ctx)).rejects.toMatchObject({
    code: 'REPOSITORY_DAMAGED',
    details: { object: `key ${hash('sha256', junk, 'hex').slice(0, 8)}` },
  })
  await addKey(backend, key, 'good')
  expect((await openRepository(backend, 'good', {}, ctx)).config).toEqual(config)
})

test('a key whose content does not match its name is not used', async () => {
  const key = createMasterKey()
  const backend = await withConfig(key)
  const { bytes } = await createKeyFile('x', key, identity, new Date(0), cheap)
  await put(backend, { type: 'key', name: 'cd'.repeat(32) }, bytes)
  await expect(openRepository(backend, 'x', {}, ctx)).rejects.toThrow(
    /key cdcdcdcd is damaged.*does not match its name/,
  )
})

test('a newer format version is refused', async () => {
  const key = createMasterKey()
  const json = `{"version":3,"id":"${config.id}","chunker_polynomial":"3da3358b4dc173"}`
  const backend = await withConfig(key, seal(key, Buffer.from(json)))
  await addKey(backend, key, 'x')
  await expect(openRepository(backend, 'x', {}, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_VERSION_UNSUPPORTED' })
})

test('a polynomial that is not irreducible is refused', async () => {
  const key = createMasterKey()
  const backend = await withConfig(key, encodeConfigFile(key, { ...config, chunkerPolynomial: 0x3da3358b4dc172n }))
  await addKey(backend, key, 'x')
  await expect(openRepository(backend, 'x', {}, ctx)).rejects.toThrow(/config is damaged.*irreducible/)
})

test('an interrupted opening stops before the next key', async () => {
  const key = createMasterKey()
  const backend = await withConfig(key)
  await addKey(backend, key, 'x')
  const signal = AbortSignal.abort()
  await expect(openRepository(backend, 'x', {}, quietContext({ signal }))).rejects.toMatchObject({
    code: 'INTERRUPTED',
  })
})
