import { hash } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeIndex } from '../format/index-file.ts'
import { encodeLockFile, parseLockFile } from '../format/lock-file.ts'
import { openPackHeader } from '../format/pack-header.ts'
import { encodeSnapshot, parseSnapshot } from '../format/snapshot.ts'
import { resetTimestampCache } from '../format/timestamp.ts'
import { encodeRawTree, encodeTree, parseTree, rawNodes } from '../format/tree.ts'
import { openRepository } from '../open/open-repository.ts'
import type { Repository } from '../repository.ts'
import { goldenNames, goldenPassword, goldenSecondPassword, loadGolden } from './golden-repository.ts'
import { hostileNames } from './hostile-names.ts'
import { blobsOf, packsOf, readAll } from './repository-content.ts'

const ctx = quietContext()
const zone = process.env['TZ']

beforeAll(() => {
  process.env['TZ'] = 'UTC'
  resetTimestampCache()
})

afterAll(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
  resetTimestampCache()
})

describe.each(goldenNames)('a repository made by %s', (name) => {
  let repository: Repository

  beforeAll(async () => {
    repository = await openRepository(await loadGolden(name, ctx), goldenPassword, {}, ctx)
  })

  test('opens with either of its passwords, and not with another', async () => {
    const { backend, key, config } = repository
    const second = await openRepository(backend, goldenSecondPassword, { keyHint: repository.keyId }, ctx)
    expect(config.version).toBe(name.endsWith('v1') ? 1 : 2)
    expect(second.key).toEqual(key)
    expect(second.keyId).not.toBe(repository.keyId)
    await expect(openRepository(backend, 'wrong', {}, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_PASSWORD_WRONG',
      details: { keys: 2 },
    })
  })

  test('has indexes that agree with the headers of their packs, and encode to the same bytes', async () => {
    for (const json of await readAll(repository, 'index', ctx)) {
      const packs = packsOf(json)
      expect(encodeIndex(packs).toString()).toBe(json.toString())
      for (const { id, blobs } of packs) {
        const bytes = await repository.backend.read({ type: 'data', name: id }, undefined, ctx)
        const header = openPackHeader(repository.key, bytes, bytes.length, id)
        expect(header).toEqual(blobs.toSorted((a, b) => a.offset - b.offset))
      }
    }
  })

  test('has blobs whose content is what their ids say', async () => {
    for await (const { id, content } of blobsOf(repository, ctx)) expect(hash('sha256', content, 'hex')).toBe(id)
  })

  test('has trees that parse and encode to the same bytes', async () => {
    const names: Buffer[] = []
    for await (const { id, type, content } of blobsOf(repository, ctx)) {
      if (type !== 'tree') continue
      const nodes = parseTree(content, id)
      names.push(...nodes.map((node) => node.name))
      // restic 0.14 neither keeps a link target that is not UTF-8, nor knows Unicode 15
      const lossy = name.startsWith('restic-0.14') && nodes.some((node) => /utf8|plain/.test(node.name.toString()))
      if (!lossy) expect(encodeTree(nodes).toString()).toBe(content.toString())
      expect(encodeRawTree(rawNodes(content, id)).equals(content)).toBe(true)
    }
    for (const hostile of hostileNames) expect(names.some((stored) => stored.equals(hostile))).toBe(true)
  })

  test('has snapshots that parse and encode to the same bytes', async () => {
    const files = await readAll(repository, 'snapshot', ctx)
    expect(files).toHaveLength(2)
    for (const json of files) {
      expect(encodeSnapshot(parseSnapshot(json, 'snapshot')).toString()).toBe(json.toString())
    }
    const tags = files.map((json) => parseSnapshot(json, 'snapshot').tags)
    expect(tags).toContainEqual(['second', 'a<b>&c'])
  })

  test('has a lock that parses and encodes to the same bytes', async () => {
    const [json] = await readAll(repository, 'lock', ctx)
    if (json === undefined) throw new Error('the golden repository has lost its lock')
    const lock = parseLockFile(json, 'lock')
    expect(lock.exclusive).toBe(false)
    expect(lock.pid).toBeGreaterThan(0)
    expect(encodeLockFile(lock).toString()).toBe(json.toString())
  })
})
