import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Context, quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimes } from '../native/times.ts'
import type { Repository } from '../repository.ts'
import { restore } from './restore.ts'
import type { RestoreReport, RestoreRequest } from './restore-request.ts'
import {
  countingReads,
  inMemory,
  initByRestic,
  newestTree,
  openResticRepository,
  restic,
} from './testing/restic-repository.ts'
import { makeSampleTree } from './testing/sample-tree.ts'
import { listTree, treeDifferences } from './testing/tree-listing.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-restore-'))
const source = join(root, 'source')
const ctx = quietContext()
let repository: Repository
let tree = ''
let sourceListing: Map<string, string>
let targets = 0

const newTarget = (): string => join(root, `target-${++targets}`)

function request(target: string, overrides: Partial<RestoreRequest> = {}): RestoreRequest {
  const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
  return { tree, target, overwrite: 'always', workers: 2, ...flags, ...overrides }
}

function differences(target: string): string[] {
  return treeDifferences(sourceListing, listTree(join(target, 'source')))
}

beforeAll(async () => {
  makeSampleTree(source)
  sourceListing = listTree(source)
  const path = join(root, 'repository')
  await initByRestic(path, root)
  restic(path, root, 'backup', 'source')
  repository = await openResticRepository(path, ctx)
  tree = await newestTree(repository, ctx)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('restoring a real tree', () => {
  it('brings back every kind of entry with all its metadata', async () => {
    const target = newTarget()
    const report = await restore(repository, request(target, { verify: true }), ctx)
    expect(report.errors).toEqual([])
    expect(differences(target)).toEqual([])
    expect(report.filesVerified).toBe(report.filesRestored)
  })

  it('does the same through a backend that workers cannot read themselves', async () => {
    const target = newTarget()
    const report = await restore(await inMemory(repository, ctx), request(target), ctx)
    expect(report.errors).toEqual([])
    expect(differences(target)).toEqual([])
  })

  it('changes nothing when it is repeated, and reads no content', async () => {
    const target = newTarget()
    const first = await restore(repository, request(target), ctx)
    const backend = countingReads(repository.backend)
    const second = await restore({ ...repository, backend }, request(target), ctx)
    expect(second).toMatchObject({ errors: [], filesRestored: 0, bytesRestored: 0, filesSkipped: first.filesRestored })
    expect(differences(target)).toEqual([])
    // every thread may read the trees; the content is many times as much
    expect(backend.dataBytes).toBeLessThan(first.bytesRestored / 10)
  })

  it('reads only what differs in files that are there', async () => {
    const target = newTarget()
    await restore(repository, request(target), ctx)
    const large = join(target, 'source/files/large')
    const damaged = readFileSync(large)
    damaged.write('altered', 11_000_000)
    writeFileSync(large, damaged)
    truncateSync(join(target, 'source/files/middle'), 2_000_000)
    rmSync(join(target, 'source/files/many-299'))
    const backend = countingReads(repository.backend)
    const report = await restore({ ...repository, backend }, request(target), ctx)
    expect(report).toMatchObject({ errors: [], filesRestored: 3 })
    expect(differences(target)).toEqual([])
    expect(backend.dataBytes).toBeLessThan(18_000_000)
  })

  it('leaves holes where a sparse restore finds zeros', async () => {
    const target = newTarget()
    await restore(repository, request(target, { sparse: true }), ctx)
    expect(differences(target)).toEqual([])
    expect(statSync(join(target, 'source/files/sparse')).blocks * 512).toBeLessThan(1_000_000)
    expect(statSync(join(target, 'source/files/large')).blocks * 512).toBeLessThan(22_100_000)
  })

  it('counts the same in a dry run, and touches nothing', async () => {
    const target = newTarget()
    const dry = await restore(repository, request(target, { dryRun: true }), ctx)
    expect(existsSync(target)).toBe(false)
    const real = await restore(repository, request(target), ctx)
    const { durationMs: _dry, ...dryCounts } = dry
    const { durationMs: _real, ...realCounts } = real
    expect(dryCounts).toEqual(realCounts)
    writeFileSync(join(target, 'source/files/small'), 'SMALL content')
    const before = listTree(target)
    const again = await restore(repository, request(target, { dryRun: true, delete: true }), ctx)
    expect(again).toMatchObject({ filesRestored: 1, bytesRestored: 13, filesDeleted: 0 })
    expect(treeDifferences(before, listTree(target))).toEqual([])
  })

  it('emits an event for every item when asked, and totals as progress', async () => {
    const events: Event[] = []
    await restore(repository, request(newTarget(), { verbose: true }), quietContext({ emit: (e) => events.push(e) }))
    const items = events.flatMap((event) => (event.type === 'item.processed' ? [event.item] : []))
    // the target's root is not an entry of the snapshot
    expect(items.length).toBe(sourceListing.size)
    const last = events.findLast((event) => event.type === 'restore.progressed')
    expect(last).toMatchObject({ filesDone: last?.totalFiles })
  })
})

describe('verifying', () => {
  it('notices a file whose content was taken for right by its size and time', async () => {
    const target = newTarget()
    const include = [{ lines: ['/source/files/small', '/source/files/large'] }]
    await restore(repository, request(target, { include }), ctx)
    for (const name of ['small', 'large']) {
      const path = join(target, 'source/files', name)
      const { atimeNs, mtimeNs } = statSync(path, { bigint: true })
      const bytes = readFileSync(path)
      bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)
      writeFileSync(path, bytes)
      setTimes(path, atimeNs, mtimeNs)
    }
    const asked = { include, overwrite: 'if-changed', verify: true } as const
    const report = await restore(repository, request(target, asked), ctx)
    expect(report.filesRestored).toBe(0)
    expect(report.errors.map(({ path }) => path).toSorted()).toEqual(
      ['large', 'small'].map((name) => join(target, 'source/files', name)),
    )
    const repaired = await restore(repository, request(target, { include, verify: true }), ctx)
    expect(repaired).toMatchObject({ errors: [], filesRestored: 2, filesVerified: 2 })
  })
})

describe('access control lists that a target hands down', () => {
  it('are not left on what is restored', async () => {
    const target = newTarget()
    mkdirSync(target)
    execFileSync('setfacl', ['-d', '-m', 'u:12345:rwx', target])
    const report = await restore(repository, request(target), ctx)
    expect(report.errors).toEqual([])
    expect(differences(target)).toEqual([])
  })
})

describe.skipIf(process.geteuid?.() !== 0)('without the rights of root', () => {
  it('restores everything but owners and devices, and says so', () => {
    const target = newTarget()
    mkdirSync(target)
    chownSync(target, 65_534, 65_534)
    chmodSync(root, 0o755)
    execFileSync('chmod', ['-R', 'a+rX', join(root, 'repository')])
    const program = fileURLToPath(new URL('./testing/slow-restore.ts', import.meta.url))
    const args = [program, join(root, 'repository'), JSON.stringify(request(target, { verify: true }))]
    const output = execFileSync(process.execPath, args, { uid: 65_534, gid: 65_534, encoding: 'utf8' })
    // boundary: the program prints the report
    const report = JSON.parse(output) as RestoreReport
    const failed = report.errors.map(({ path }) => path.slice(target.length)).toSorted()
    // a file of mode 000 cannot be verified by its owner
    expect(failed).toEqual(['/source/block-device', '/source/character-device', '/source/files/secret'])
    const contentOf = (listing: Map<string, string>, path: string) => listing.get(path)?.split(' | ').slice(3).join()
    const restored = listTree(join(target, 'source'))
    for (const path of sourceListing.keys()) {
      if (path.endsWith('-device')) continue
      expect(contentOf(restored, path)).toBe(contentOf(sourceListing, path))
    }
    expect(statSync(join(target, 'source/read-only')).mode & 0o777).toBe(0o555)
  })
})

describe('selecting', () => {
  it('restores only what include patterns match, with the directories above', async () => {
    const target = newTarget()
    const include = [{ lines: ['/source/files/many-1*', '*.nothing'] }]
    const report = await restore(repository, request(target, { include }), ctx)
    expect(report.filesRestored).toBe(111)
    expect(readdirSync(join(target, 'source'))).toEqual(['files'])
    const listing = listTree(join(target, 'source'))
    for (const path of ['', '/files', '/files/many-12']) expect(listing.get(path)).toBe(sourceListing.get(path))
  })

  it('leaves out what exclude patterns match', async () => {
    const target = newTarget()
    await restore(repository, request(target, { exclude: [{ lines: ['files', 'deep'] }] }), ctx)
    const names = readdirSync(join(target, 'source'))
    expect(names).not.toContain('files')
    expect(names).not.toContain('deep')
    expect(names).toContain('links')
  })
})

describe('deleting', () => {
  async function strangers(): Promise<string> {
    const target = newTarget()
    await restore(repository, request(target), ctx)
    mkdirSync(join(target, 'source/files/stranger/inner'), { recursive: true })
    writeFileSync(join(target, 'source/files/stranger/inner/file'), '')
    writeFileSync(join(target, 'source/stranger.log'), '')
    writeFileSync(join(target, 'beside'), '')
    mkdirSync(join(root, `outside-${targets}`))
    writeFileSync(join(root, `outside-${targets}/kept`), '')
    symlinkSync(join(root, `outside-${targets}`), join(target, 'source/files/link'))
    return target
  }

  it('removes what is not in the snapshot, without following links', async () => {
    const target = await strangers()
    const report = await restore(repository, request(target, { delete: true }), ctx)
    expect(report).toMatchObject({ errors: [], filesDeleted: 6 })
    expect(differences(target)).toEqual([])
    expect(readdirSync(target)).toEqual(['source'])
    expect(existsSync(join(root, `outside-${targets}/kept`))).toBe(true)
  })

  it('removes only what the patterns select', async () => {
    const target = await strangers()
    await restore(repository, request(target, { delete: true, include: [{ lines: ['/source/files'] }] }), ctx)
    expect(existsSync(join(target, 'source/files/stranger'))).toBe(false)
    expect(existsSync(join(target, 'source/stranger.log'))).toBe(true)
    expect(existsSync(join(target, 'beside'))).toBe(true)
  })

  it('refuses the root of the file system without a pattern', async () => {
    const asked = restore(repository, request('/', { delete: true, dryRun: true }), ctx)
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_UNUSABLE' })
  })
})

describe('what exists', () => {
  async function prepared(): Promise<{ target: string; small: string }> {
    const target = newTarget()
    const include = [{ lines: ['/source/files/small'] }]
    await restore(repository, request(target, { include }), ctx)
    return { target, small: join(target, 'source/files/small') }
  }
  const only = { include: [{ lines: ['/source/files/small', '/source/files/same'] }] }

  it('is left alone when told never to overwrite, and what is missing is restored', async () => {
    const { target, small } = await prepared()
    writeFileSync(small, 'mine')
    const report = await restore(repository, request(target, { ...only, overwrite: 'never' }), ctx)
    expect(report).toMatchObject({ errors: [], filesSkipped: 1, filesRestored: 1 })
    expect(readFileSync(small, 'utf8')).toBe('mine')
    expect(readFileSync(join(target, 'source/files/same'), 'utf8')).toBe('small content')
  })

  it('is trusted by size and time when only changed files are to be overwritten', async () => {
    const { target, small } = await prepared()
    const { atime, mtime } = statSync(small)
    writeFileSync(small, 'SMALL CONTENT')
    const touched = await restore(repository, request(target, { ...only, overwrite: 'if-changed' }), ctx)
    expect(touched.filesRestored).toBe(2)
    expect(readFileSync(small, 'utf8')).toBe('small content')
    writeFileSync(small, 'SMALL CONTENT')
    utimesSync(small, atime, mtime)
    setTimes(small, 1_000_000_001_234_567_891n, 1_000_000_001_234_567_891n)
    await restore(repository, request(target, { ...only, overwrite: 'if-changed' }), ctx)
    expect(readFileSync(small, 'utf8')).toBe('SMALL CONTENT')
  })

  it('is kept when it is newer than the snapshot, if asked', async () => {
    const { target, small } = await prepared()
    writeFileSync(small, 'newer')
    await restore(repository, request(target, { ...only, overwrite: 'if-newer' }), ctx)
    expect(readFileSync(small, 'utf8')).toBe('newer')
    utimesSync(small, 5, 5)
    await restore(repository, request(target, { ...only, overwrite: 'if-newer' }), ctx)
    expect(readFileSync(small, 'utf8')).toBe('small content')
  })

  it('is replaced, not written through, when it is a link', async () => {
    const target = newTarget()
    const outside = join(root, `victim-${targets}`)
    mkdirSync(outside)
    writeFileSync(join(outside, 'small'), 'precious')
    writeFileSync(join(outside, 'same'), 'precious too', { mode: 0o600 })
    mkdirSync(join(target, 'source'), { recursive: true })
    symlinkSync(outside, join(target, 'source/files'))
    await restore(repository, request(target, { include: [{ lines: ['/source/files/small'] }] }), ctx)
    expect(lstatSync(join(target, 'source/files')).isDirectory()).toBe(true)
    expect(readFileSync(join(outside, 'small'), 'utf8')).toBe('precious')
    rmSync(join(target, 'source/files/small'))
    symlinkSync(join(outside, 'small'), join(target, 'source/files/small'))
    linkSync(join(outside, 'same'), join(target, 'source/files/same'))
    await restore(repository, request(target, only), ctx)
    expect(lstatSync(join(target, 'source/files/small')).isFile()).toBe(true)
    expect(readFileSync(join(outside, 'small'), 'utf8')).toBe('precious')
    expect(readFileSync(join(outside, 'same'), 'utf8')).toBe('precious too')
    expect(statSync(join(outside, 'same')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(target, 'source/files/same'), 'utf8')).toBe('small content')
  })

  it('may be a link in the place of a directory: never overwriting, that is an error', async () => {
    const target = newTarget()
    mkdirSync(join(target, 'source'), { recursive: true })
    symlinkSync(root, join(target, 'source/files'))
    const report = await restore(repository, request(target, { ...only, overwrite: 'never' }), ctx)
    expect(report.errorCount).toBeGreaterThan(0)
    expect(readlinkSync(join(target, 'source/files'))).toBe(root)
    expect(existsSync(join(root, 'small'))).toBe(false)
  })

  it('may be a directory that is not empty in the place of a file: it stays, and is an error', async () => {
    const target = newTarget()
    mkdirSync(join(target, 'source/files/small/full'), { recursive: true })
    const report = await restore(repository, request(target, only), ctx)
    expect(report.errors.map(({ path }) => path)).toEqual([join(target, 'source/files/small')])
    expect(report.filesRestored).toBe(1)
  })
})

describe('targets', () => {
  const refused = async (target: string): Promise<unknown> => {
    try {
      await restore(repository, request(target), ctx)
    } catch (error) {
      return error
    }
    throw new Error('it was accepted')
  }

  it('must be directories, or be makeable', async () => {
    writeFileSync(join(root, 'a-file'), '')
    expect(await refused(join(root, 'a-file'))).toMatchObject({ code: 'TARGET_UNUSABLE' })
    expect(await refused(join(root, 'a-file/below'))).toMatchObject({ code: 'TARGET_UNUSABLE' })
    expect(await refused('/proc/holdfast-restore')).toMatchObject({ code: 'TARGET_UNUSABLE' })
  })

  it('may be reached through a symbolic link that the user named', async () => {
    const real = newTarget()
    mkdirSync(real)
    symlinkSync(real, `${real}-link`)
    const report = await restore(repository, request(`${real}-link`), ctx)
    expect(report.errors).toEqual([])
    expect(differences(real)).toEqual([])
  })
})

describe('interruptions', () => {
  it('stop soon, and the same request continues', async () => {
    const target = newTarget()
    const controller = new AbortController()
    const stopping: Context = { ...ctx, signal: controller.signal }
    const backend = countingReads(repository.backend)
    const stopAfter = {
      ...backend,
      async read(...[file, range, readCtx]: Parameters<typeof backend.read>) {
        if (backend.dataBytes > 25_000_000) controller.abort()
        return await backend.read(file, range, readCtx)
      },
    }
    const asked = restore({ ...repository, backend: stopAfter }, request(target), stopping)
    await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const interrupted = backend.dataBytes
    const resumed = countingReads(repository.backend)
    const report = await restore({ ...repository, backend: resumed }, request(target), ctx)
    expect(report.errors).toEqual([])
    expect(differences(target)).toEqual([])
    expect(resumed.dataBytes + interrupted).toBeLessThan(75_000_000)
  })
})
