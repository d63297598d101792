/**
 * Random sequences of operations against a model that knows what every snapshot holds. After each step every listed
 * snapshot reads as it was saved, and the check is clean. Repeat a failure with HOLDFAST_TEST_SEED.
 */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { addKey } from '@holdfast/repository/key/add-key'
import { removeKey } from '@holdfast/repository/key/remove-key'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { tagSnapshots } from '@holdfast/repository/snapshot/tag-snapshots'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { cheapCost, createScenarioRepository, fileNames } from '../scenario/scenario-repository.ts'
import { openScratch, type Scratch } from '../scenario/scratch.ts'
import { readContents } from '../scenario/snapshot-content.ts'
import { backup, checkErrors, copy, forget, prune, restoreTo, snapshotIdOf } from '../scenario/verbs.ts'
import { isFullSweep } from './sweep.ts'

// oxlint-disable-next-line node/no-process-env
const givenSeed = process.env['HOLDFAST_TEST_SEED']
const seeds = givenSeed === undefined ? (isFullSweep ? [1, 2, 3, 4, 5, 6, 7, 8] : [1]) : [Number(givenSeed)]
const steps = isFullSweep ? 100 : 12

const ctx = quietContext()

/** What a snapshot must hold: the digest of its content when it was made, and the tree it was made from. */
interface Expected {
  readonly digest: string
  readonly tree: Map<string, string>
  readonly tags: readonly string[]
}

class Model {
  readonly random: SeededRandom
  readonly scratch: Scratch
  readonly source: string
  readonly log: string[] = []
  readonly snapshots = [new Map<string, Expected>(), new Map<string, Expected>()] as const
  repositories: readonly [Repository, Repository]
  #names = 0
  #time = Date.UTC(2026, 0, 1)
  readonly #checked = ['', '']

  constructor(seed: number, scratch: Scratch, repositories: readonly [Repository, Repository]) {
    this.random = new SeededRandom(seed)
    this.scratch = scratch
    this.source = scratch.place('source')
    this.repositories = repositories
    mkdirSync(this.source)
  }

  async step(): Promise<void> {
    const { random } = this
    const actions = [this.backup, this.backup, this.backup, this.copy, this.forget, this.prune, this.tag, this.key]
    for (let edits = random.below(6); edits > 0; edits--) this.edit()
    const action = random.pick(actions)
    this.log.push(action.name)
    await action.call(this)
  }

  /** One random change of the tree. */
  edit(): void {
    const { random } = this
    const directories = [this.source, ...this.#entries('directory')]
    const files = this.#entries('file')
    const name = join(random.pick(directories), `${['ä', 'b', 'ccc'][random.below(3)]}-${++this.#names}`)
    const file = files.length === 0 ? undefined : random.pick(files)
    const kind = random.below(10)
    if (kind === 0 && directories.length < 12) mkdirSync(name)
    else if (kind === 1) symlinkSync(`target-${this.#names}`, name)
    else if (kind === 2 && file !== undefined) linkSync(file, name)
    else if (kind === 3 && file !== undefined) rmSync(file)
    else if (kind === 4 && file !== undefined) chmodSync(file, 0o600 + random.below(0o77))
    else if (kind === 5 && file !== undefined) truncateSync(file, random.below(2_000_000))
    else if (kind === 6 && file !== undefined) renameSync(file, name)
    else if (kind === 7 && directories.length > 4) rmSync(random.pick(directories.slice(1)), { recursive: true })
    else writeFileSync(name, this.#content())
  }

  async backup(): Promise<void> {
    const [repository] = this.repositories
    this.#time += 3_600_000
    const packBytes = this.random.pick([300_000, 4 << 20])
    const compression = this.random.pick(['auto', 'off', 'max'] as const)
    const options = { time: new Date(this.#time), packBytes, compression, workers: 1 + this.random.below(2) }
    const report = await backup(repository, [this.source], options, ctx)
    expect(report.errors).toEqual([])
    const id = snapshotIdOf(report)
    const digest = (await readContents(repository, ctx)).get(id) ?? ''
    this.snapshots[0].set(id, { digest, tree: listTree(this.source), tags: [] })
  }

  async copy(): Promise<void> {
    const [from, to] = this.random.below(3) === 0 ? ([1, 0] as const) : ([0, 1] as const)
    const report = await copy(this.repositories[from], this.repositories[to], ctx)
    for (const { sourceId, outcome, destinationId = '' } of report.snapshots) {
      expect(['copied', 'present']).toContain(outcome)
      const expected = this.snapshots[from].get(sourceId)
      if (outcome === 'copied' && expected !== undefined) this.snapshots[to].set(destinationId, expected)
    }
  }

  async forget(): Promise<void> {
    const side = this.random.below(2) === 0 ? 0 : 1
    const chosen = [...this.snapshots[side].keys()].filter(() => this.random.below(3) === 0)
    await forget(this.repositories[side], chosen, ctx)
    for (const id of chosen) this.snapshots[side].delete(id)
  }

  async prune(): Promise<void> {
    await prune(this.repositories[this.random.below(2) === 0 ? 0 : 1], ctx)
  }

  async tag(): Promise<void> {
    const [repository] = this.repositories
    const listed = (await listSnapshots(repository, {}, ctx)).filter(() => this.random.below(2) === 0)
    const change = { add: [`tag-${this.random.below(3)}`], remove: [`tag-${this.random.below(3)}`] }
    for (const { oldId, newId, tags } of await tagSnapshots(repository, listed, change, ctx)) {
      const expected = this.snapshots[0].get(oldId)
      this.snapshots[0].delete(oldId)
      if (expected !== undefined) this.snapshots[0].set(newId, { ...expected, tags })
    }
  }

  /** Adds a key, works on with it, and drops the one before. */
  async key(): Promise<void> {
    const [repository, other] = this.repositories
    const password = `password ${++this.#names}`
    await addKey(repository, { password, identity: { username: 'u', hostname: 'h' }, cost: cheapCost }, ctx)
    const reopened = await openRepository(repository.backend, password, {}, ctx)
    expect(reopened.keyId).not.toBe(repository.keyId)
    await removeKey(reopened, repository.keyId, ctx)
    this.repositories = [reopened, other]
  }

  /** Every listed snapshot is one the model knows, with the content it had when it was made; one is restored for real. */
  async verify(restoreAll: boolean): Promise<void> {
    for (const [side, repository] of this.repositories.entries()) {
      const expected = this.snapshots[side === 0 ? 0 : 1]
      const contents = await readContents(repository, ctx)
      const digests = [...expected].map(([id, { digest }]) => [id, digest] as const)
      expect(new Map(contents), this.story).toEqual(new Map(digests))
      const files = (await fileNames(repository.backend, ctx)).join()
      if (files !== this.#checked[side]) expect(await checkErrors(repository, ctx), this.story).toEqual([])
      this.#checked[side] = files
      for (const { id, snapshot } of await listSnapshots(repository, {}, ctx)) {
        expect(snapshot.tags, this.story).toEqual(expected.get(id)?.tags)
        if (!restoreAll && this.random.below(contents.size * 2) !== 0) continue
        const target = this.scratch.place('restored')
        expect((await restoreTo(repository, id, target, { workers: 1 }, ctx)).errors, this.story).toEqual([])
        const restored = listTree(join(target, basename(this.source)))
        expect(treeDifferences(expected.get(id)?.tree ?? new Map(), restored), this.story).toEqual([])
        rmSync(target, { recursive: true })
      }
    }
  }

  get story(): string {
    return this.log.join(' ')
  }

  #content(): Buffer {
    const { random } = this
    const size = random.pick([0, 1, 100, 5000, 70_000, 600_000, 1_500_000])
    return random.below(2) === 0 ? random.bytes(size) : Buffer.alloc(size, `line ${random.below(4)}\n`)
  }

  #entries(kind: 'file' | 'directory'): string[] {
    return readdirSync(this.source, { recursive: true, withFileTypes: true })
      .filter((entry) => (kind === 'file' ? entry.isFile() : entry.isDirectory()))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
  }
}

describe('a random life of two repositories', () => {
  test.each(seeds)(`keeps every listed snapshot as it was (seed %i, ${steps} steps)`, async (seed) => {
    using scratch = openScratch()
    const model = new Model(seed, scratch, [
      await createScenarioRepository(createMemoryBackend('first'), ctx),
      await createScenarioRepository(createMemoryBackend('second'), ctx, { version: seed % 2 === 0 ? 1 : 2 }),
    ])
    for (let step = 0; step < steps; step++) {
      await model.step()
      await model.verify(step === steps - 1)
    }
    expect(model.log.length).toBe(steps)
  })
})
