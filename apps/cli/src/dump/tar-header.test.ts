import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node } from '@holdfast/repository/format/node'
import { expect, test } from 'vitest'
import { tarBlockBytes, tarHeaders, tarPadding } from './tar-header.ts'

const plain: Node = {
  name: Buffer.from('x'),
  type: 'file',
  mode: 0o640,
  mtimeNs: 1_700_000_000_123_456_789n,
  atimeNs: 0n,
  ctimeNs: 0n,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  user: '',
  group: '',
  inode: 1n,
  deviceId: 1n,
  size: 0,
  links: 1,
  extendedAttributes: [],
  device: 0n,
  content: [],
  error: '',
}

/** Archives files with the given content and lets the system's tar unpack them. */
function unpack(files: readonly { path: Buffer; node?: Partial<Node>; content?: string; linkedTo?: Buffer }[]) {
  const parts = files.flatMap(({ path, node = {}, content = '', linkedTo }) => {
    const size = Buffer.byteLength(content)
    const entry = { path, node: { ...plain, size, ...node }, ...(linkedTo === undefined ? {} : { linkedTo }) }
    return [tarHeaders(entry) ?? Buffer.alloc(0), Buffer.from(content), tarPadding(size)]
  })
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tar-'))
  execFileSync('tar', ['-x', '-p', '-C', folder], { input: Buffer.concat([...parts, Buffer.alloc(2 * tarBlockBytes)]) })
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

test('content, mode and time to the nanosecond arrive', () => {
  using made = unpack([{ path: Buffer.from('file'), content: 'some content' }])
  expect(readFileSync(join(made.folder, 'file'), 'utf8')).toBe('some content')
  const stats = lstatSync(join(made.folder, 'file'), { bigint: true })
  expect(stats.mtimeNs).toBe(plain.mtimeNs)
  expect(stats.mode & 0o7777n).toBe(0o640n)
})

test('long names, names that are not UTF-8 and long link targets arrive as they are', () => {
  const long = Buffer.from('n'.repeat(200))
  const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x62])
  const linkTarget = Buffer.from('t'.repeat(300))
  using made = unpack([
    { path: long, content: 'a' },
    { path: bytes, content: 'b' },
    { path: Buffer.from('link'), node: { type: 'symlink', content: null, linkTarget } },
  ])
  const names = readdirSync(made.folder, { encoding: 'buffer' }).toSorted(Buffer.compare)
  expect(names).toEqual([bytes, Buffer.from('link'), long].toSorted(Buffer.compare))
  expect(
    execFileSync('readlink', [join(made.folder, 'link')])
      .toString()
      .trim(),
  ).toBe(linkTarget.toString())
})

test('times before 1970 arrive', () => {
  using made = unpack([{ path: Buffer.from('old'), node: { mtimeNs: -1_500_000_000n } }])
  expect(lstatSync(join(made.folder, 'old'), { bigint: true }).mtimeNs).toBe(-1_500_000_000n)
})

test('directories and hard links are what they were', () => {
  using made = unpack([
    { path: Buffer.from('d'), node: { type: 'dir', mode: 2 ** 31 + 2 ** 20 + 0o755, content: null } },
    { path: Buffer.from('d/one'), content: 'x' },
    { path: Buffer.from('d/two'), linkedTo: Buffer.from('d/one') },
  ])
  expect(lstatSync(join(made.folder, 'd')).mode & 0o7777).toBe(0o1755)
  expect(lstatSync(join(made.folder, 'd/two')).ino).toBe(lstatSync(join(made.folder, 'd/one')).ino)
})

test('what tar cannot hold has no headers', () => {
  expect(tarHeaders({ path: Buffer.from('s'), node: { ...plain, type: 'socket' } })).toBeUndefined()
})

test.each([9, 10, 98, 99, 100, 996, 997, 998, 999, 1000])(
  'a pax record of a value of %d bytes counts its own length',
  (length) => {
    const headers = tarHeaders({ path: Buffer.from('f'), node: { ...plain, user: 'u'.repeat(length + 31) } })
    const records = headers?.subarray(tarBlockBytes) ?? Buffer.alloc(0)
    const declared = Number(records.toString('latin1', 0, records.indexOf(' ')))
    expect(String.fromCharCode(records[declared - 1] ?? 0)).toBe('\n')
  },
)
