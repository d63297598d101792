import { quietContext } from '@holdfast/core/context'
import type { Backend, FileType } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { isChunkerPolynomial } from '../format/polynomial.ts'
import { initRepository } from './init-repository.ts'

const ctx = quietContext()
const identity = { username: 'u', hostname: 'h' }

async function filesOf(backend: Backend): Promise<string[]> {
  const found: string[] = []
  for (const type of ['config', 'data', 'index', 'key', 'lock', 'snapshot'] satisfies FileType[]) {
    for await (const file of backend.list(type, ctx)) found.push(file.type)
  }
  return found
}

test('a new repository has version 2 and a polynomial of its own', async () => {
  const first = await initRepository(createMemoryBackend(), 'x', { identity }, ctx)
  const second = await initRepository(createMemoryBackend(), 'x', { identity }, ctx)
  expect(first.config.version).toBe(2)
  expect(isChunkerPolynomial(first.config.chunkerPolynomial)).toBe(true)
  expect(first.config.chunkerPolynomial).not.toBe(second.config.chunkerPolynomial)
  expect(first.config.id).not.toBe(second.config.id)
})

test('the key is durable before the config is written', async () => {
  const calls: string[] = []
  const inner = createMemoryBackend()
  const backend: Backend = {
    ...inner,
    write: async (file, ...rest) => {
      calls.push(file.type)
      await inner.write(file, ...rest)
    },
    flush: async (context) => {
      calls.push('flush')
      await inner.flush(context)
    },
  }
  await initRepository(backend, 'x', { identity }, ctx)
  expect(calls).toEqual(['key', 'flush', 'config', 'flush'])
})

test.each(['config', 'key', 'snapshot'] as const)(
  'a place that holds a %s is refused and not touched',
  async (type) => {
    const backend = createMemoryBackend()
    const name = type === 'config' ? 'config' : 'ab'.repeat(32)
    await backend.write({ type, name }, Buffer.from('x'), { content: 'metadata' }, ctx)
    await expect(initRepository(backend, 'x', { identity }, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_EXISTS',
      details: { found: type === 'config' ? 'config' : `${type} abababab` },
    })
    expect(await filesOf(backend)).toEqual([type])
  },
)

test('a polynomial that cannot cut chunks is refused before anything is written', async () => {
  const backend = createMemoryBackend()
  const options = { identity, chunkerPolynomial: 0x3da3358b4dc172n }
  await expect(initRepository(backend, 'x', options, ctx)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  expect(await filesOf(backend)).toEqual([])
})
