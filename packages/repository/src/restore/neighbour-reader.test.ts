import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import type { Repository } from '../repository.ts'
import { createNeighbourReader } from './neighbour-reader.ts'
import { HandmadeRepository } from './testing/handmade-repository.ts'

const ctx = quietContext()
const texts = Array.from({ length: 20 }, (_, number) => `the content of file ${number}`)

/** The content of blobs, or why there is none; and how many requests for data that took. */
async function readAll({ repository }: HandmadeRepository, ids: readonly string[]) {
  let requests = 0
  const counted: Repository['backend'] = {
    ...repository.backend,
    read: (file, range, own) => {
      if (file.type === 'data') requests += 1
      return repository.backend.read(file, range, own)
    },
  }
  const index = await loadIndex(repository, ctx)
  const reader = createNeighbourReader({ ...repository, backend: counted }, index, ctx)
  const reading = ids.map((id) =>
    reader.read(id).then(
      (content) => content.toString(),
      (error: unknown) => Object(error).code as string,
    ),
  )
  reader.flush()
  return { contents: await Promise.all(reading), requests }
}

test('blobs that lie side by side are read with one request, as long as it is not too large', async () => {
  const made = new HandmadeRepository()
  const ids = texts.map((text) => made.add('data', text))
  await made.store(ctx)
  expect(await readAll(made, ids)).toEqual({ contents: texts, requests: 1 })
  expect((await readAll(made, ids.toReversed())).requests).toBe(20)
  const large = ['a', 'b', 'c'].map((letter) => made.add('data', letter.repeat(1_500_000)))
  await made.store(ctx)
  expect((await readAll(made, large)).requests).toBe(3)
})

test('what is damaged is read from its copy, or fails alone; what lies beside it is whole', async () => {
  const made = new HandmadeRepository()
  const ids = texts.map((text) => made.add('data', text))
  const spoilThird = (pack: Buffer): void => void (pack[100] = (pack[100] ?? 0) ^ 1)
  await made.store(ctx, spoilThird)
  const { contents } = await readAll(made, ids)
  const damaged = contents.indexOf('REPOSITORY_DAMAGED')
  expect(contents).toEqual(texts.with(damaged, 'REPOSITORY_DAMAGED'))
  made.add('data', texts[damaged] ?? '')
  await made.store(ctx)
  expect((await readAll(made, ids)).contents).toEqual(texts)
})
