import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeSnapshot, parseSnapshot, type Snapshot, snapshotTime } from './snapshot.ts'

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const text = fc.string({ unit: 'binary', maxLength: 12 })
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const summary = fc.record({
  backupStart: text,
  backupEnd: text,
  filesNew: count,
  filesChanged: count,
  filesUnmodified: count,
  dirsNew: count,
  dirsChanged: count,
  dirsUnmodified: count,
  dataBlobs: count,
  treeBlobs: count,
  dataAdded: count,
  dataAddedPacked: count,
  totalFilesProcessed: count,
  totalBytesProcessed: count,
})
const snapshots: fc.Arbitrary<Snapshot> = fc.record(
  {
    time: fc.constantFrom('2024-02-29T12:34:56.789+09:00', '1999-12-31T23:59:59Z'),
    parent: id,
    tree: id,
    paths: fc.array(text),
    hostname: text,
    username: text,
    uid: fc.nat(),
    gid: fc.nat(),
    excludes: fc.array(text),
    tags: fc.array(text),
    original: id,
    programVersion: text,
    summary,
  },
  {
    requiredKeys: ['time', 'tree', 'paths', 'hostname', 'username', 'uid', 'gid', 'excludes', 'tags', 'programVersion'],
  },
)
const tree = 'ab'.repeat(32)
const minimal = `{"time":"2024-01-01T00:00:00.5+09:00","tree":"${tree}","paths":["/a"]}`
const parse = (json: string): Snapshot => parseSnapshot(Buffer.from(json), 'snapshot 1a')

test('any snapshot reads back', () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const encoded = encodeSnapshot(snapshot)
      const { raw: _raw, ...parsed } = parseSnapshot(encoded, 'x')
      expect(parsed).toEqual(snapshot)
      expect(encodeSnapshot(parseSnapshot(encoded, 'x'))).toEqual(encoded)
    }),
  )
})

test('empty values are left out, and read as empty', () => {
  const snapshot = parse(minimal)
  expect(encodeSnapshot(snapshot).toString()).toBe(minimal)
  expect(snapshot).toMatchObject({ hostname: '', username: '', uid: 0, gid: 0, excludes: [], tags: [] })
  expect(parse(minimal.replace('}', ',"tags":null,"excludes":null,"parent":null}'))).toMatchObject({ tags: [] })
})

test('keys are in the order of restic', () => {
  const json = encodeSnapshot({
    ...parse(minimal),
    ...{ parent: tree, hostname: 'h', username: 'u', uid: 1, gid: 2, excludes: ['e'], tags: ['t'], original: tree },
    programVersion: 'p',
  }).toString()
  const keys = 'time parent tree paths hostname username uid gid excludes tags original program_version'
  expect([...json.matchAll(/"(\w+)":/g)].map((match) => match[1]).join(' ')).toBe(keys)
})

test('keys of other programs survive a change', () => {
  const snapshot = parse(minimal.replace('}', ',"label":"x<y","delete":{"After":1}}'))
  const changed = parse(encodeSnapshot({ ...snapshot, tags: ['new'] }).toString())
  expect(changed.tags).toEqual(['new'])
  expect(changed.raw).toMatchObject({ label: 'x<y', delete: { After: 1 } })
})

test('the time is kept as it was written, with its zone', () => {
  expect(snapshotTime(parse(minimal))).toEqual({ ns: 1_704_034_800_500_000_000n, offsetMinutes: 540 })
})

test.each([
  ['time', '"soon"'],
  ['time', 'null'],
  ['tree', '"ab"'],
  ['tree', 'null'],
  ['paths', '"/a"'],
  ['paths', '[1]'],
  ['tags', '{}'],
  ['uid', '-1'],
  ['parent', '"../x"'],
  ['hostname', '5'],
])('a snapshot whose %s is %s is damaged', (key, value) => {
  const fields = { ...JSON.parse(minimal), [key]: JSON.parse(value) }
  expect(() => parse(JSON.stringify(fields))).toThrow(/snapshot 1a is damaged/)
})
