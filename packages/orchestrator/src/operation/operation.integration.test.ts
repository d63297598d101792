import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { acquireLock } from '@holdfast/repository/lock/acquire-lock'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proveFiles } from '../proof/prove-files.ts'
import { ownSnapshots } from './own-snapshots.ts'
import { createOperationFixture, type OperationFixture, type Written } from './testing/operation-fixture.ts'

const ctx = quietContext()
let fixture: OperationFixture

const sources = (directory: string): Written => ({
  sources: {
    web: {
      type: 'files',
      paths: [join(directory, 'data')],
      excludes: ['*.tmp'],
      tier: 'critical',
      copyMethod: 'fan-out',
      log: 'off',
    },
    far: { type: 'files', paths: [join(directory, 'data')], tier: 'critical', copyMethod: 'copy', log: 'off' },
    dump: {
      type: 'command',
      command: ['printf', 'row one\nrow two\n'],
      fileName: 'dump.sql',
      tier: 'critical',
      log: 'off',
    },
    small: { type: 'command', command: ['printf', 'x'], minimumBytes: 100, tier: 'critical', log: 'off' },
    broken: {
      type: 'command',
      command: ['sh', '-c', 'echo half; echo disk is full >&2; exit 3'],
      tier: 'critical',
      log: 'off',
    },
    empty: { type: 'files', paths: [join(directory, 'nothing')], tier: 'critical', log: 'off' },
  },
})

beforeAll(async () => {
  fixture = await createOperationFixture(sources)
  mkdirSync(join(fixture.directory, 'data', 'inner'), { recursive: true })
  mkdirSync(join(fixture.directory, 'nothing', 'at-all'), { recursive: true })
  writeFileSync(join(fixture.directory, 'data', 'file'), 'content')
  writeFileSync(join(fixture.directory, 'data', 'inner', 'other [1]*'), 'more content')
  writeFileSync(join(fixture.directory, 'data', 'left.tmp'), 'left out')
})
afterAll(async () => await fixture[Symbol.asyncDispose]())

describe('a backup', () => {
  test('goes into all repositories from one reading, with tags by which it is found', async () => {
    const { state, result } = await fixture.perform('backup', { source: 'web', id: 'the-run' })
    expect(state).toBe('succeeded')
    expect(result.filesNew).toBe(2)
    expect(Object.keys(result.snapshots ?? {})).toEqual(['first', 'second'])
    for (const name of ['first', 'second']) {
      const [listed] = await listSnapshots(await fixture.open(name), {}, ctx)
      expect(listed?.snapshot.tags).toEqual(['holdfast', 'source=web', 'type=files', 'run=the-run'])
      expect(listed?.snapshot.hostname).toBe('test-host')
      const [record] = await fixture.catalogue.snapshots.list({ source: 'web', repository: name })
      expect(record).toMatchObject({ snapshotId: listed?.id, lineage: 'the-run', bytes: 19 })
    }
    const samples = await fixture.catalogue.samples.newest()
    const figures = samples.filter(({ subject }) => subject === 'source/web').map(({ figure }) => figure)
    expect(figures).toContain('backup-bytes-read')
    expect(figures).toContain('backup-files-changed-part')
  })

  test('of a command holds what it printed', async () => {
    const { result } = await fixture.perform('backup', { source: 'dump' })
    const id = result.snapshots?.['first'] ?? ''
    const dumped = execFileSync(
      'restic',
      ['-r', fixture.repositoryPath('first'), 'dump', id, '/command/dump/dump.sql'],
      {
        env: { ...process.env, RESTIC_PASSWORD: 'correct horse', RESTIC_CACHE_DIR: join(fixture.directory, 'cache') },
      },
    )
    expect(dumped.toString()).toBe('row one\nrow two\n')
  })

  test('fails, and leaves no snapshot, when there is not one file, too little output, or a failing command', async () => {
    await expect(fixture.perform('backup', { source: 'empty' })).rejects.toMatchObject({ code: 'SOURCE_PATHS_EMPTY' })
    await expect(fixture.perform('backup', { source: 'small' })).rejects.toThrow('wrote 1 bytes, fewer than 100')
    await expect(fixture.perform('backup', { source: 'broken' })).rejects.toThrow('exit code 3: disk is full')
    const held = await listSnapshots(
      await fixture.open('first'),
      { tags: [['source=empty'], ['source=small'], ['source=broken']] },
      ctx,
    )
    expect(held).toEqual([])
  })

  test('is partial when a repository is away, which keeps no other from its snapshot', async () => {
    renameSync(fixture.repositoryPath('second'), join(fixture.directory, 'away'))
    try {
      const { state, result } = await fixture.perform('backup', { source: 'web' })
      expect(state).toBe('partial')
      expect(Object.keys(result.snapshots ?? {})).toEqual(['first'])
      expect(result.problems?.[0]).toMatch(/^no snapshot in second: /)
    } finally {
      renameSync(join(fixture.directory, 'away'), fixture.repositoryPath('second'))
    }
  })

  test('fails when no repository can be used', async () => {
    renameSync(fixture.repositoryPath('first'), join(fixture.directory, 'away'))
    try {
      await expect(fixture.perform('backup', { source: 'far' })).rejects.toMatchObject({ code: 'REPOSITORY_MISSING' })
    } finally {
      renameSync(join(fixture.directory, 'away'), fixture.repositoryPath('first'))
    }
  })

  test.skipIf(process.getuid?.() === 0)('says which files could not be read', async () => {
    chmodSync(join(fixture.directory, 'data', 'file'), 0)
    const { state, result } = await fixture.perform('backup', { source: 'web' })
    chmodSync(join(fixture.directory, 'data', 'file'), 0o644)
    expect(state).toBe('partial')
    expect(result.problems?.[0]).toContain('file')
  })
})

describe('a copy', () => {
  test('brings what the other repository lacks, and nothing twice', async () => {
    await fixture.perform('backup', { source: 'far' })
    await fixture.perform('backup', { source: 'far' })
    await fixture.perform('copy', { source: 'far', repository: 'second', arguments: { from: 'first' } })
    const there = await fixture.catalogue.snapshots.list({ source: 'far', repository: 'second' })
    const here = await fixture.catalogue.snapshots.list({ source: 'far', repository: 'first' })
    expect(there.map(({ lineage }) => lineage).toSorted()).toEqual(here.map(({ lineage }) => lineage).toSorted())
    await fixture.perform('copy', { source: 'far', repository: 'second', arguments: { from: 'first' } })
    const listed = await listSnapshots(await fixture.open('second'), { tags: [['source=far']] }, ctx)
    expect(listed).toHaveLength(2)
  })
})

describe('a proof', () => {
  test('restores, compares, and is kept in repository and catalogue', async () => {
    const { state } = await fixture.perform('verify', {
      source: 'web',
      arguments: { target: 'newest', repository: 'second' },
    })
    expect(state).toBe('succeeded')
    const [proof] = await fixture.catalogue.proofs.list({ source: 'web' })
    expect(proof).toMatchObject({ repository: 'second', verdict: 'passed', target: 'newest', bytes: 19 })
    expect(JSON.parse(proof?.checks ?? '[]')).toMatchObject([
      { name: 'restored', verdict: 'passed' },
      { name: 'content', verdict: 'passed' },
      { name: 'figures', verdict: 'passed' },
    ])
    const kept = await listSnapshots(await fixture.open('second'), { tags: [['proof=passed', 'source=web']] }, ctx)
    expect(kept.map(({ id }) => id)).toEqual([proof?.id])
    expect(readdirSync(fixture.directory).filter((name) => name.startsWith('holdfast-proof'))).toEqual([])
  })

  test('of what is too large restores a part, chosen by chance, and says so', async () => {
    const repository = await fixture.open('first')
    const [snapshot] = await ownSnapshots(repository, 'web', ctx)
    if (snapshot === undefined) throw new Error('there is a snapshot')
    const request = { source: 'web', type: 'files', targetText: 'newest', directory: fixture.directory } as const
    const proof = await proveFiles(
      repository,
      { ...request, snapshot, workers: 1, random: () => 0.5, bytesAtMost: 15 },
      ctx,
    )
    expect(proof.verdict).toBe('passed')
    // of 7 and 12 bytes one fits, whose name is none that patterns take literally
    expect([7, 12]).toContain(proof.dataBytes)
    expect(proof.checks.find(({ name }) => name === 'restored')?.evidence).toMatch(/^1 files?, .* of 2 files/)
    expect(proof.checks.find(({ name }) => name === 'figures')?.verdict).toBe('skipped')
  })

  test('fails, and says so in the catalogue, when data is lost', async () => {
    await using other = await createOperationFixture(sources)
    mkdirSync(join(other.directory, 'data'))
    writeFileSync(
      join(other.directory, 'data', 'file'),
      'x'.repeat(100_000).replaceAll('x', () => String(Math.random())),
    )
    await other.perform('backup', { source: 'web' })
    damageLargestPack(other.repositoryPath('first'))
    const proving = other.perform('verify', { source: 'web', arguments: { target: 'newest', repository: 'first' } })
    await expect(proving).rejects.toMatchObject({ code: 'PROOF_FAILED' })
    const [proof] = await other.catalogue.proofs.list({ source: 'web' })
    expect(proof?.verdict).toBe('failed')
    const checking = other.perform('check', { repository: 'first', arguments: { parts: '1/1' } })
    await expect(checking).rejects.toMatchObject({ code: 'REPOSITORY_CHECK_FAILED' })
    expect(await other.catalogue.marks.get('checked/first')).toBeUndefined()
  })
})

describe('a check', () => {
  test('reads the parts whose turn it is, notes them, and measures', async () => {
    const { result } = await fixture.perform('check', { repository: 'first', arguments: { parts: '1,2/2' } })
    expect(result.bytesChecked).toBeGreaterThan(0)
    expect(JSON.parse((await fixture.catalogue.marks.get('checked/first')) ?? '{}').readAt).toHaveLength(2)
    const samples = await fixture.catalogue.samples.newest()
    expect(samples.find(({ figure }) => figure === 'repository-bytes')?.value).toBeGreaterThan(0)
  })
})

test('a check does not wait for those who add something', async () => {
  const repository = await fixture.open('second')
  const identity = { ...fixture.machine.identity, pid: process.ppid }
  await using _lock = await acquireLock(repository, { exclusive: false, identity }, ctx)
  expect((await fixture.perform('check', { repository: 'second' })).state).toBe('succeeded')
})

describe('retention', () => {
  test('puts right what the catalogue remembers of the repository', async () => {
    const { result } = await fixture.perform('backup', { source: 'dump' })
    const id = result.snapshots?.['first'] ?? ''
    const invented = { repository: 'first', snapshotId: 'f'.repeat(64), source: 'dump', time: new Date(), lineage: 'x' }
    await fixture.catalogue.snapshots.remove('first', [id])
    await fixture.catalogue.snapshots.add([invented])
    await fixture.perform('forget', { source: 'dump', repository: 'first' })
    const held = await fixture.catalogue.snapshots.list({ source: 'dump', repository: 'first' })
    expect(held.map(({ snapshotId }) => snapshotId)).toContain(id)
    expect(held.map(({ snapshotId }) => snapshotId)).not.toContain(invented.snapshotId)
  })

  test('keeps what the policy says, and prune frees the rest', async () => {
    await using other = await createOperationFixture((directory) => ({
      sources: {
        web: {
          type: 'files',
          paths: [join(directory, 'data')],
          tier: 'critical',
          log: 'off',
          copyMethod: 'fan-out',
          keep: { last: 2, hourly: 0, daily: 0, weekly: 0, monthly: 0 },
          prove: { newest: 'none', random: 'none' },
        },
      },
    }))
    mkdirSync(join(other.directory, 'data'))
    for (const content of ['one', 'two', 'three']) {
      writeFileSync(join(other.directory, 'data', 'file'), content.repeat(50_000))
      await other.perform('backup', { source: 'web' })
    }
    // Five usual backups in the past, and the newest changes nearly everything: nobody has noted it yet.
    const changed = (hours: number, value: number) => ({
      ...{ figure: 'backup-files-changed-part', subject: 'source/web', value },
      at: new Date(ctx.now().getTime() + hours * 3_600_000),
    })
    await other.catalogue.samples.add([-9, -8, -7, -6, -5].map((hours) => changed(hours, 0.01)))
    await other.catalogue.samples.add([changed(1, 0.99)])
    const odd = await other.perform('forget', { source: 'web', repository: 'first' })
    expect(odd.result.snapshotsRemoved).toBe(0)
    await other.catalogue.samples.add([changed(2, 0.01)])
    const { result } = await other.perform('forget', { source: 'web', repository: 'first' })
    expect(result.snapshotsRemoved).toBe(1)
    expect(await listSnapshots(await other.open('first'), {}, ctx)).toHaveLength(2)
    expect(await listSnapshots(await other.open('second'), {}, ctx)).toHaveLength(3)
    expect(await other.catalogue.snapshots.list({ source: 'web', repository: 'first' })).toHaveLength(2)
    other.configure({ ...sources(other.directory) })
    const pruned = await other.perform('prune', { repository: 'first' })
    expect(pruned.result.bytesFreed).toBeGreaterThan(0)
  })
})

test('what is no longer in the configuration is refused by name', async () => {
  await expect(fixture.perform('backup', { source: 'gone' })).rejects.toMatchObject({ code: 'SOURCE_UNKNOWN' })
})

function damageLargestPack(repository: string): void {
  const packs = readdirSync(join(repository, 'data'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const sizes = packs.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return { path, size: Number(execFileSync('stat', ['-c', '%s', path]).toString()) }
  })
  const [largest] = sizes.toSorted((a, b) => b.size - a.size)
  if (largest === undefined) throw new Error('there is no pack')
  rmSync(largest.path)
  writeFileSync(largest.path, Buffer.alloc(largest.size, 7))
  truncateSync(largest.path, largest.size)
}
