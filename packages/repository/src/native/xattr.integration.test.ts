import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getXattr, hasXattrs, listXattrs, readXattrs, removeXattr, setXattr } from './xattr.ts'

let work = ''
const here = (name: string) => join(work, name)

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-xattr-'))
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('extended attributes', () => {
  test('can be used here', () => {
    expect(hasXattrs()).toBe(true)
  })

  test('a file without any has an empty list', () => {
    writeFileSync(here('plain'), '')
    expect(listXattrs(here('plain'))).toEqual([])
    expect(readXattrs(here('plain'))).toEqual([])
    expect(getXattr(here('plain'), 'user.x')).toBeUndefined()
  })

  test('are those that setfattr wrote, in the order of the kernel', () => {
    writeFileSync(here('some'), '')
    for (const name of ['user.zeta', 'user.alpha', 'user.empty']) {
      execFileSync('setfattr', ['-n', name, ...(name === 'user.empty' ? [] : ['-v', `value of ${name}`]), here('some')])
    }
    const names = execFileSync('getfattr', ['--absolute-names', '-h', here('some')], { encoding: 'utf8' })
    const listed = listXattrs(here('some'))?.map(String) ?? []
    // getfattr sorts; the same names in whatever order the kernel keeps them.
    expect([...listed].sort()).toEqual(names.match(/user\.\w+/g))
    expect(readXattrs(here('some'))?.map(({ name, value }) => [String(name), String(value)])).toEqual(
      listed.map((name) => [name, name === 'user.empty' ? '' : `value of ${name}`]),
    )
  })

  test('any bytes survive, in names, values and paths', () => {
    const path = Buffer.from(`${here('caf')}\xe9`, 'latin1')
    writeFileSync(path, '')
    const name = Buffer.from('user.\xff\xfe', 'latin1')
    const value = Buffer.from([0, 1, 0xff, 0, 0x80])
    expect(setXattr(path, name, value)).toBe(true)
    expect(readXattrs(path)).toEqual([{ name, value }])
    expect(setXattr(path, name, Buffer.from('shorter'))).toBe(true)
    expect(getXattr(path, name)).toEqual(Buffer.from('shorter'))
    expect(removeXattr(path, name)).toBe(true)
    expect(removeXattr(path, name)).toBe(true)
    expect(readXattrs(path)).toEqual([])
  })

  test('values do not share memory with later calls', () => {
    writeFileSync(here('first'), '')
    writeFileSync(here('second'), '')
    setXattr(here('first'), 'user.a', Buffer.from('one'))
    setXattr(here('second'), 'user.a', Buffer.from('two'))
    const first = readXattrs(here('first'))
    readXattrs(here('second'))
    expect(String(first?.[0]?.value)).toBe('one')
  })

  test('a symlink is looked through only when asked', () => {
    writeFileSync(here('target'), '')
    setXattr(here('target'), 'user.a', Buffer.from('x'))
    symlinkSync(here('target'), here('link'))
    expect(listXattrs(here('link'))).toEqual([])
    expect(getXattr(here('link'), 'user.a')).toBeUndefined()
    expect(listXattrs(here('link'), true)?.map(String)).toEqual(['user.a'])
    expect(String(getXattr(here('link'), 'user.a', true))).toBe('x')
    // Linux allows no user attributes on symlinks.
    expect(() => setXattr(here('link'), 'user.b', Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'EPERM' }))
    expect(listXattrs(here('target'))?.map(String)).toEqual(['user.a'])
  })

  test('an access list can be carried from one file to another', () => {
    mkdirSync(here('from'))
    mkdirSync(here('to'))
    execFileSync('setfacl', ['-m', 'u:12345:rx,g:54321:w', '-d', '-m', 'u:12345:r', here('from')])
    for (const { name, value } of readXattrs(here('from')) ?? []) setXattr(here('to'), name, value)
    chmodSync(here('to'), 0o775)
    const list = (name: string) => execFileSync('getfacl', ['-cnp', here(name)], { encoding: 'utf8' })
    chmodSync(here('from'), 0o775)
    expect(list('to')).toContain('user:12345:r-x')
    expect(list('to')).toBe(list('from'))
  })

  test('errors are like those of node:fs', () => {
    expect(() => readXattrs(here('gone'))).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'listxattr', path: here('gone') }),
    )
    expect(() => readXattrs('x'.repeat(10_000))).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }))
    expect(() => readXattrs('a\0b')).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(() => setXattr(here('plain'), 'user.big', Buffer.alloc(70_000))).toThrow(
      expect.objectContaining({ code: 'E2BIG' }),
    )
  })

  test('a file system without attributes has none', () => {
    expect(readXattrs('/proc/self/stat')).toEqual([])
  })

  test('four worker threads read side by side without disturbing each other', async () => {
    for (let each = 0; each < 4; each++) {
      writeFileSync(here(`w${each}`), '')
      setXattr(here(`w${each}`), 'user.who', Buffer.from(`worker ${each}`.repeat(50 * (each + 1))))
    }
    const program = `
      import { workerData, parentPort } from 'node:worker_threads'
      const { readXattrs } = await import(workerData.module)
      const seen = new Set()
      for (let round = 0; round < 5000; round++) seen.add(String(readXattrs(workerData.path)[0].value))
      parentPort.postMessage([...seen])
    `
    const results = await Promise.all(
      [0, 1, 2, 3].map(
        (each) =>
          new Promise((resolve, reject) => {
            const module = new URL('./xattr.ts', import.meta.url).href
            const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
            const worker = new Worker(url, { workerData: { module, path: here(`w${each}`) } })
            worker.once('message', resolve).once('error', reject)
          }),
      ),
    )
    expect(results).toEqual([0, 1, 2, 3].map((each) => [`worker ${each}`.repeat(50 * (each + 1))]))
  })
})
