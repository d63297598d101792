import { createHash } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { check } from '@holdfast/repository/check/check'
import { encodeIndex } from '@holdfast/repository/format/index-file'
import { dataDraft, treeDraft } from '@holdfast/repository/tree/built-repository'
import { createGatewayFixture, type GatewayFixture } from '@holdfast/server/gateway/testing/gateway-fixture'
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  integer,
  nat,
  oneof,
  option,
  record,
  string,
  uint8Array,
} from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testSeed } from '../test-seed.ts'
import { createForger, type ForgedFile, type Forger } from './forged-files.ts'
import { basic, type HostileReply, sendHostile } from './hostile-request.ts'
import { compareStates, stateOf } from './repository-state.ts'

const ctx = quietContext()
let site: GatewayFixture
let forger: Forger
let before: ReadonlyMap<string, string>

beforeAll(async () => {
  site = await createGatewayFixture()
  forger = createForger(await site.open('shared'), ctx)
  await send(forger.lock({ time: ctx.now().toISOString(), exclusive: false }))
  const pack = await forger.pack([treeDraft([]), dataDraft('one'), dataDraft('two')])
  await send(pack)
  await send(forger.index([{ id: pack.name, blobs: pack.blobs }]))
  await send(forger.snapshot({ tree: treeDraft([]).id }))
  before = await stateOf(site.repositoryPath('shared'))
  expect(before.size, 'config, key, lock, pack, index, snapshot').toBe(6)
})
afterAll(() => site[Symbol.asyncDispose]())

const own = (): Record<string, string> => ({ authorization: basic('web', site.secrets.web) })

function send({ folder, name, bytes }: ForgedFile): Promise<HostileReply> {
  return sendHostile(site.origin, {
    method: 'POST',
    path: `/gateway/shared/${folder}/${name}`,
    headers: own(),
    body: bytes,
  })
}

const hex = 'abcdef0123456789'.repeat(4)
const segment = oneof(
  constantFrom(
    'shared',
    'foreign',
    'config',
    'data',
    'index',
    'keys',
    'locks',
    'snapshots',
    'tips',
    '..',
    '.',
    '',
    hex,
  ),
  constantFrom('%2e%2e', '%2F', '%00', '%', '?create=true', ';', '~', '\\', 'gateway', hex.toUpperCase()),
  string({ maxLength: 20 }).map((text) => text.replace(/[^!-~]/g, '-')),
)
const headers = dictionary(
  constantFrom(
    'range',
    'accept',
    'content-type',
    'content-encoding',
    'expect',
    'x-http-method-override',
    'if-match',
    'te',
  ),
  string({ maxLength: 40 }).map((text) => text.replace(/[^ -~]/g, '-')),
  { maxKeys: 3 },
)

test('no request of any shape alters what is there, or is answered by a fault', async () => {
  const request = record({
    method: constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    segments: array(segment, { maxLength: 6 }),
    isOwn: option(constantFrom(true)),
    headers,
    body: option(uint8Array({ maxLength: 300 })),
  })
  await assert(
    asyncProperty(request, async ({ method, segments, isOwn, headers: more, body }) => {
      const path = `/gateway/${isOwn === true ? 'shared/' : ''}${segments.join('/')}`
      const content = body === null ? {} : { body }
      const { status } = await sendHostile(site.origin, { method, path, headers: { ...more, ...own() }, ...content })
      expect(status, `${method} ${path}`).toBeLessThan(500)
    }),
    { numRuns: 400, seed: testSeed },
  )
  expect(await stateOf(site.repositoryPath('shared'))).toEqual(before)
  expect(site.log()).not.toContain('could not answer')
})

/** One change of bytes: a bit, an end cut off, something put in, a part twice. */
const change = record({ kind: nat(3), at: integer({ min: 0, max: 999 }), what: nat(255) })

function alter(bytes: Uint8Array, { kind, at, what }: { kind: number; at: number; what: number }): Buffer {
  const place = Math.floor((bytes.length * at) / 1000)
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (kind === 0) return Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (what || 1)), tail.subarray(1)])
  if (kind === 1) return Buffer.from(head)
  if (kind === 2) return Buffer.concat([head, Buffer.of(what), tail])
  return Buffer.concat([bytes, tail])
}

const named = (folder: ForgedFile['folder'], bytes: Uint8Array): ForgedFile => ({
  ...{ folder, bytes },
  name: createHash('sha256').update(bytes).digest('hex'),
})

test('a file that was altered anywhere is refused, under its own name and under its old one', async () => {
  const pack = await forger.pack([treeDraft([]), dataDraft('three'), dataDraft('four')])
  const files: readonly ForgedFile[] = [
    pack,
    forger.index([{ id: pack.name, blobs: pack.blobs }]),
    forger.snapshot({ tree: treeDraft([]).id }),
    forger.lock({ time: ctx.now().toISOString(), exclusive: false }),
  ]
  await assert(
    asyncProperty(constantFrom(...files), change, async (file, how) => {
      const bytes = alter(file.bytes, how)
      if (bytes.equals(file.bytes)) return
      expect((await send(named(file.folder, bytes))).status).toBe(403)
      expect((await send({ ...file, bytes })).status).toBe(400)
    }),
    { numRuns: 150, seed: testSeed },
  )
  expect(await stateOf(site.repositoryPath('shared'))).toEqual(before)
})

test('an index that was altered and sealed again is refused unless it is true', async () => {
  const pack = await forger.pack([treeDraft([]), dataDraft('five'), dataDraft('six')])
  expect((await send(pack)).status).toBe(200)
  const text = encodeIndex([{ id: pack.name, blobs: pack.blobs }]).toString()
  await assert(
    asyncProperty(nat(text.length - 1), constantFrom(...'0123456789abcdef",{}[]:'), async (at, character) => {
      const json = text.slice(0, at) + character + text.slice(at + 1)
      const { status } = await send(forger.sealed('index', Buffer.from(json)))
      expect([200, 403]).toContain(status)
    }),
    { numRuns: 200, seed: testSeed },
  )
  const { removed, changed } = compareStates(before, await stateOf(site.repositoryPath('shared')))
  expect([removed, changed]).toEqual([[], []])
  const { findings } = await check(await site.open('shared'), { readData: 'all', workers: 1 }, ctx)
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
})
