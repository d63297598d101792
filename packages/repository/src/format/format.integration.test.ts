import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileNames } from '../golden/hostile-names.ts'
import { blobsOf } from '../golden/repository-content.ts'
import { initRepository } from '../open/init-repository.ts'
import { openRepository } from '../open/open-repository.ts'
import { goFileMode } from './file-mode.ts'
import type { ExtendedAttribute, Node, NodeType } from './node.ts'
import { resetTimestampCache } from './timestamp.ts'
import { encodeTree } from './tree.ts'

const ctx = quietContext()
const password = 'pässwörd'
const programs: string[] = ['restic', process.env['HOLDFAST_TEST_RESTIC'] ?? ''].filter((path) => path !== '')
// whole hours, half and quarter hours, both hemispheres, and one that was 44 minutes 30 seconds behind until 1972
const zones = ['UTC', 'Asia/Seoul', 'America/St_Johns', 'Europe/Berlin', 'Asia/Kathmandu', 'Africa/Monrovia']
const isRoot = process.getuid?.() === 0
const unicode15Letter = Buffer.from('\u{1e4d0}')
const outerZone = process.env['TZ']

let work: string
let source: string

beforeAll(() => {
  work = fs.mkdtempSync(join(tmpdir(), 'format-'))
  source = join(work, 'source')
  fs.mkdirSync(join(source, 'names'), { recursive: true })
  fs.mkdirSync(join(source, 'empty'))
  fs.writeFileSync(join(source, 'file'), 'content')
  fs.writeFileSync(join(source, 'hard-1'), '')
  fs.linkSync(join(source, 'hard-1'), join(source, 'hard-2'))
  fs.symlinkSync('a<b>&c\u2028\n', join(source, 'link'))
  fs.writeFileSync(join(source, 'set-id'), '')
  fs.chmodSync(join(source, 'set-id'), 0o6755)
  fs.writeFileSync(join(source, 'no-permissions'), '')
  fs.chmodSync(join(source, 'no-permissions'), 0)
  fs.chmodSync(join(source, 'empty'), 0o1777)
  execFileSync('mkfifo', [join(source, 'fifo')])
  if (isRoot) {
    execFileSync('mknod', [join(source, 'block'), 'b', '7', '300'])
    execFileSync('mknod', [join(source, 'character'), 'c', '1', '3'])
    fs.writeFileSync(join(source, 'foreign'), '')
    fs.chownSync(join(source, 'foreign'), 54321, 4294967290)
  }
  execFileSync('setfattr', ['-n', 'user.comment', '-v', 'a value', join(source, 'file')])
  makeNames()
  makeTimes()
})

/** What restic before 0.16, or built with Go before 1.22, stores differently lies in a directory of its own. */
function makeNames(): void {
  fs.mkdirSync(join(source, 'current'))
  fs.symlinkSync('back\bform\f', join(source, 'current', 'link-controls'))
  fs.symlinkSync(Buffer.from('caf\xe9', 'latin1'), join(source, 'current', 'link-not-utf8'))
  for (const name of hostileNames) {
    const directory = name.equals(unicode15Letter) ? 'current' : 'names'
    fs.writeFileSync(Buffer.concat([Buffer.from(join(source, directory, '/')), name]), name)
  }
}

function makeTimes(): void {
  fs.mkdirSync(join(source, 'times'))
  const times = ['1901-12-14 00:00:00', '1969-12-31 23:59:59.999999999', '1970-01-01 00:00:00', '1971-06-01 00:00:30.5']
  times.push('2024-03-31 01:30:00.120', '2024-10-27 00:30:00.000000001', '2038-01-19 03:14:08', '2200-07-01 12:00:00')
  for (const [at, time] of times.entries()) {
    execFileSync('touch', ['-d', `${time} UTC`, join(source, 'times', String(at))])
  }
}

afterAll(() => {
  setZone(outerZone)
  fs.rmSync(work, { recursive: true })
})

describe.each(programs)('%s', (restic) => {
  test.each(zones)('stores the trees that we encode, in the zone %s', async (zone) => {
    setZone(zone)
    const excludes = isCurrent(restic) ? [] : ['--exclude', 'current']
    const repositoryPath = join(work, `repository-${programs.indexOf(restic)}-${zones.indexOf(zone)}`)
    const backend = createLocalBackend(repositoryPath)
    const identity = { username: 'root', hostname: hostname() }
    await initRepository(
      backend,
      password,
      { identity, version: zone === 'UTC' ? 1 : 2, cost: { N: 1024, r: 8, p: 1 } },
      ctx,
    )
    const env = { PATH: process.env['PATH'], TZ: zone, RESTIC_REPOSITORY: repositoryPath, RESTIC_PASSWORD: password }
    execFileSync(restic, ['backup', '--no-cache', '--quiet', ...excludes, '.'], { cwd: source, env })

    const stored = new Map<string, string>()
    const repository = await openRepository(backend, password, {}, ctx)
    for await (const { id, type, content } of blobsOf(repository, ctx)) {
      if (type === 'tree') stored.set(id, content.toString())
    }
    const encoded = new Map<string, string>()
    encodeDirectory(Buffer.from(source), excludes.slice(1), encoded)
    expect([...stored.values()].toSorted()).toEqual([...encoded.values()].toSorted())
  })
})

function setZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
  resetTimestampCache()
}

function isCurrent(restic: string): boolean {
  const [, minor] = /^restic 0\.(\d+)/.exec(execFileSync(restic, ['version'], { encoding: 'utf8' })) ?? []
  return Number(minor) >= 17
}

/** Encodes a directory and all below it from what the file system says; returns its tree's id. */
function encodeDirectory(path: Buffer, excluded: readonly string[], trees: Map<string, string>): string {
  const nodes: Node[] = []
  for (const name of fs.readdirSync(path, { encoding: 'buffer' }).toSorted((a, b) => a.compare(b))) {
    if (excluded.includes(name.toString())) continue
    nodes.push(nodeOf(Buffer.concat([path, Buffer.from('/'), name]), name, excluded, trees))
  }
  const tree = encodeTree(nodes)
  const id = hash('sha256', tree, 'hex')
  trees.set(id, tree.toString())
  return id
}

const nodeTypes: Readonly<Record<number, NodeType>> = {
  0o10: 'file',
  0o04: 'dir',
  0o12: 'symlink',
  0o06: 'dev',
  0o02: 'chardev',
  0o01: 'fifo',
}

function nodeOf(path: Buffer, name: Buffer, excluded: readonly string[], trees: Map<string, string>): Node {
  const stat = fs.lstatSync(path, { bigint: true })
  const type = nodeTypes[Number(stat.mode >> 12n)] ?? 'irregular'
  const isFile = type === 'file'
  const isDevice = type === 'dev' || type === 'chardev'
  const content = isFile ? fs.readFileSync(path) : Buffer.alloc(0)
  return {
    name,
    type,
    mode: goFileMode(Number(stat.mode)),
    mtimeNs: stat.mtimeNs,
    atimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    user: nameIn('/etc/passwd', stat.uid),
    group: nameIn('/etc/group', stat.gid),
    inode: stat.ino,
    deviceId: stat.dev,
    size: isFile ? Number(stat.size) : 0,
    links: isFile || isDevice || type === 'symlink' ? Number(stat.nlink) : 0,
    ...(type === 'symlink' ? { linkTarget: fs.readlinkSync(path, { encoding: 'buffer' }) } : {}),
    extendedAttributes: path.equals(Buffer.from(join(source, 'file'))) ? [comment] : [],
    device: isDevice ? stat.rdev : 0n,
    content: isFile ? (content.length === 0 ? [] : [hash('sha256', content, 'hex')]) : null,
    ...(type === 'dir' ? { subtree: encodeDirectory(path, excluded, trees) } : {}),
    error: '',
  }
}

const comment: ExtendedAttribute = { name: Buffer.from('user.comment'), value: Buffer.from('a value') }

function nameIn(file: string, id: bigint): string {
  const line = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(id))
  return line?.split(':')[0] ?? ''
}
