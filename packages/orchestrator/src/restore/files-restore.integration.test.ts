import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Context, quietContext, withSignal } from '@holdfast/core/context'
import { type RestoreOrder, restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import { planForgetSnapshots } from '@holdfast/repository/forget/plan-forget'
import { executeForget } from '@holdfast/repository/forget/execute-forget'
import { listSnapshotIds, listSnapshots, readSnapshot } from '@holdfast/repository/snapshot/list-snapshots'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createOperationFixture, type OperationFixture } from '../operation/testing/operation-fixture.ts'
import { planRestore } from './plan-source-restore.ts'
import { digestOf, type RestorePlan } from './restore-plan.ts'

const ctx = quietContext()
let fixture: OperationFixture
let restores: string
let snapshot: string

beforeAll(async () => {
  fixture = await createOperationFixture((directory) => ({
    server: { restoreTo: [join(directory, 'restores'), join(directory, 'data')] },
    sources: {
      web: { type: 'files', paths: [join(directory, 'data')], tier: 'critical', log: 'off' },
      other: { type: 'files', paths: [join(directory, 'more')], tier: 'critical', log: 'off' },
    },
  }))
  restores = join(fixture.directory, 'restores')
  mkdirSync(restores)
  mkdirSync(join(fixture.directory, 'more'))
  writeFileSync(join(fixture.directory, 'more', 'file'), 'of another')
  makeData()
  snapshot = await backUp('web')
})
afterAll(async () => await fixture[Symbol.asyncDispose]())
beforeEach(() => {
  rmSync(restores, { recursive: true, force: true })
  mkdirSync(restores)
  makeData()
})

function makeData(): void {
  const data = join(fixture.directory, 'data')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(join(data, 'inner'), { recursive: true })
  writeFileSync(join(data, 'file'), 'content')
  writeFileSync(join(data, 'inner', 'odd [1]*\\'), 'more content')
  writeFileSync(Buffer.concat([Buffer.from(`${data}/`), Buffer.of(0x66, 0xff)]), 'no text')
  symlinkSync('/etc', join(data, 'link'))
}

async function backUp(source: string): Promise<string> {
  const { result } = await fixture.perform('backup', { source })
  return result.snapshots?.['first'] ?? ''
}

function orderOf(written: object): RestoreOrder {
  return restoreOrderSchema.parse({ source: 'web', to: { type: 'directory', path: 'here' }, ...written })
}

async function plan(written: object = {}, own: Context = ctx): Promise<RestorePlan & { readonly digest: string }> {
  const order = orderOf(written)
  return await fixture.surround(async ({ config, machine }) => {
    const source = config.sources.get(order.source)
    if (source === undefined) throw new Error('no such source')
    const repository = await fixture.open('first')
    const made = await planRestore(order, { config, source, repository, repositoryName: 'first', machine }, own)
    return { ...made, digest: digestOf(made.view) }
  })
}

/** As the run of a plan does it: planned again, and done. */
async function carryOut({ view, digest }: { readonly view: RestorePlan['view']; readonly digest: string }) {
  const args = { order: JSON.stringify(view.order), digest }
  return await fixture.perform('restore', { source: 'web', repository: 'first', arguments: args })
}

const inHere = (...names: string[]): string => join(restores, 'here', fixture.directory, 'data', ...names)

describe('files to a new directory', () => {
  test('are planned without a trace, then brought as planned', async () => {
    const planned = await plan()
    expect(planned.view).toMatchObject({
      ...{ kind: 'files', snapshot, target: join(restores, 'here'), files: 3, bytes: 26, overwrites: 0 },
      ...{ role: 'operator', order: { snapshot, repository: 'first' } },
    })
    expect(planned.view.confirmation).toBeUndefined()
    expect(planned.view.freeBytes).toBeGreaterThan(1000)
    expect(existsSync(join(restores, 'here'))).toBe(false)
    const { state, result } = await carryOut(planned)
    expect(state).toBe('succeeded')
    expect(result).toEqual({ filesRestored: 3, bytesRestored: 26, restoredTo: join(restores, 'here') })
    expect(readFileSync(inHere('file'), 'utf8')).toBe('content')
    expect(readFileSync(Buffer.concat([Buffer.from(inHere('f')), Buffer.of(0xff)]), 'utf8')).toBe('no text')
    expect(existsSync(join(restores, '.here.restoring'))).toBe(false)
  })

  test('only those that were named, however strange their names are', async () => {
    const data = join(fixture.directory, 'data')
    const paths = [`${data}/inner/odd [1]*\\\\`, `${data}/f\\xff`]
    const planned = await plan({ paths })
    expect(planned.view).toMatchObject({ files: 2, bytes: 19 })
    await carryOut(planned)
    expect(existsSync(inHere('file'))).toBe(false)
    expect(readFileSync(inHere('inner', 'odd [1]*\\'), 'utf8')).toBe('more content')
  })

  test('a path that is not in the snapshot, and a snapshot of another source, are unknown', async () => {
    await expect(plan({ paths: ['/nothing'] })).rejects.toMatchObject({ code: 'PATH_UNKNOWN' })
    await expect(plan({ snapshot: await backUp('other') })).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
    await expect(plan({ snapshot: 'abcd1234' })).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
    await expect(plan({ at: '2001-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'RECOVERY_BEFORE_OLDEST' })
  })

  test('a link that a restore has brought leads no other restore out', async () => {
    await carryOut(await plan())
    const path = join('here', fixture.directory, 'data', 'link', 'x')
    await expect(plan({ to: { type: 'directory', path } })).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
  })

  test('a link that appears after the plan was made is seen as well', async () => {
    const planned = await plan({ to: { type: 'directory', path: 'deep/here' } })
    mkdirSync(join(fixture.directory, 'outside'), { recursive: true })
    symlinkSync(join(fixture.directory, 'outside'), join(restores, 'deep'))
    await expect(carryOut(planned)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
    await expect(planned.execute(ctx)).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
    expect(existsSync(join(fixture.directory, 'outside', 'here'))).toBe(false)
  })

  test('are not brought when there is something else by then', async () => {
    const planned = await plan()
    mkdirSync(join(restores, 'here'))
    writeFileSync(join(restores, 'here', 'mine'), 'mine')
    await expect(carryOut(planned)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' })
    expect(readFileSync(join(restores, 'here', 'mine'), 'utf8')).toBe('mine')
  })

  test('are not brought when the snapshot is gone or the plan is another', async () => {
    const again = await backUp('web')
    const planned = await plan({ snapshot: again })
    await expect(carryOut({ ...planned, digest: 'other' })).rejects.toMatchObject({ code: 'RESTORE_PLAN_CHANGED' })
    const repository = await fixture.open('first')
    const presentIds = await listSnapshotIds(repository, ctx)
    const named = [await readSnapshot(repository, again, ctx)]
    await executeForget(repository, planForgetSnapshots(named, { repositoryId: repository.config.id, presentIds }), ctx)
    await expect(carryOut(planned)).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
    expect(existsSync(join(restores, 'here'))).toBe(false)
  })

  test('leave nothing behind when they are stopped, or when data is missing', async () => {
    const planned = await plan()
    const stop = new AbortController()
    const stopping: Context = withSignal(
      { ...ctx, now: ctx.now, emit: () => stop.abort(new Error('stopped')) },
      stop.signal,
    )
    await expect(planned.execute(stopping)).rejects.toThrow(/stopped|interrupted/)
    stop.abort()
    await expect(planned.execute(withSignal(ctx, stop.signal))).rejects.toThrow(/stopped|interrupted/)
    expect(existsSync(join(restores, 'here'))).toBe(false)
    expect(existsSync(join(restores, '.here.restoring'))).toBe(false)
  })

  test('begin anew over what a killed restore has left', async () => {
    mkdirSync(join(restores, '.here.restoring'))
    writeFileSync(join(restores, '.here.restoring', 'half'), 'half')
    const { state } = await carryOut(await plan())
    expect(state).toBe('succeeded')
    expect(existsSync(join(restores, 'here', 'half'))).toBe(false)
  })

  test('say so when the repository is away', async () => {
    const planned = await plan()
    renameSync(fixture.repositoryPath('first'), join(fixture.directory, 'away'))
    try {
      await expect(carryOut(planned)).rejects.toMatchObject({ code: 'REPOSITORY_MISSING' })
    } finally {
      renameSync(join(fixture.directory, 'away'), fixture.repositoryPath('first'))
    }
  })
})

describe('files over what is there', () => {
  test('only when that was asked for and confirmed, and what was there is kept', async () => {
    const target = join(restores, 'here')
    mkdirSync(inHere(), { recursive: true })
    writeFileSync(inHere('file'), 'changed')
    await expect(plan()).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' })
    const planned = await plan({ to: { type: 'directory', path: 'here', existing: 'replace' } })
    expect(planned.view).toMatchObject({ overwrites: 1, role: 'admin', confirmation: target, files: 3 })
    const { state } = await carryOut(planned)
    expect(state).toBe('succeeded')
    expect(readFileSync(inHere('file'), 'utf8')).toBe('content')
    const kept = await listSnapshots(await fixture.open('first'), { tags: [['safety=web']] }, ctx)
    expect(kept.at(-1)?.snapshot.paths).toEqual([target])
  })

  test('to where they came from: a file, or all of it; what else is there stays', async () => {
    const data = join(fixture.directory, 'data')
    writeFileSync(join(data, 'file'), 'changed')
    writeFileSync(join(data, 'new'), 'new')
    rmSync(join(data, 'inner'), { recursive: true })
    const one = await plan({ to: { type: 'original' }, paths: [join(data, 'file')] })
    expect(one.view).toMatchObject({ files: 1, overwrites: 1, role: 'admin', confirmation: 'web' })
    await carryOut(one)
    expect(readFileSync(join(data, 'file'), 'utf8')).toBe('content')
    expect(existsSync(join(data, 'inner'))).toBe(false)
    const all = await plan({ to: { type: 'original' } })
    expect(all.view).toMatchObject({ files: 3, overwrites: 2, target: data })
    await carryOut(all)
    expect(readFileSync(join(data, 'inner', 'odd [1]*\\'), 'utf8')).toBe('more content')
    expect(readFileSync(join(data, 'new'), 'utf8')).toBe('new')
  })

  test('nowhere that the configuration does not allow, and nothing that the source is not', async () => {
    const more = join(fixture.directory, 'more')
    await backUp('other')
    await expect(plan({ source: 'other', to: { type: 'original' } })).rejects.toMatchObject({
      code: 'RESTORE_TARGET_FORBIDDEN',
    })
    await expect(plan({ to: { type: 'original' }, paths: ['/'] })).rejects.toMatchObject({
      code: 'RESTORE_TARGET_FORBIDDEN',
    })
    expect(readFileSync(join(more, 'file'), 'utf8')).toBe('of another')
  })
})

test('databases are for databases, and only where the configuration says so', async () => {
  const to = { type: 'database', database: 'shop', into: 'shop_old' }
  await expect(plan({ to })).rejects.toMatchObject({ code: 'RESTORE_UNSUITABLE' })
})

test.skipIf(process.getuid?.() === 0)(
  'a target that may not be written to is told before anything is done',
  async () => {
    chmodSync(restores, 0o500)
    try {
      await expect(plan()).rejects.toMatchObject({ code: 'TARGET_UNUSABLE' })
    } finally {
      chmodSync(restores, 0o700)
    }
  },
)
