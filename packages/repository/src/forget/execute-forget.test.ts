import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import type { Repository } from '../repository.ts'
import { groupByHostAndPaths } from '../snapshot/group-snapshots.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { exampleRepository, storeSnapshot } from '../snapshot/snapshot-fixture.ts'
import { executeForget } from './execute-forget.ts'
import { type ForgetPlan, planForget } from './plan-forget.ts'
import { emptyPolicy } from './retention-policy.ts'

const ctx = quietContext()

async function repositoryOfThree(): Promise<{ repository: Repository; plan: ForgetPlan }> {
  const repository = exampleRepository()
  for (const day of [1, 2, 3]) await storeSnapshot(repository, { time: `2026-01-0${day}T00:00:00Z` }, ctx)
  const snapshots = await listSnapshots(repository, {}, ctx)
  const options = { repositoryId: repository.config.id, groupBy: groupByHostAndPaths, now: ctx.now() }
  return { repository, plan: planForget(snapshots, { ...emptyPolicy, counts: { last: 1 } }, options) }
}

test('the planned snapshots are removed and the others stay', async () => {
  const { repository, plan } = await repositoryOfThree()
  expect(await executeForget(repository, plan, ctx)).toEqual(plan.remove)
  expect(await listSnapshots(repository, {}, ctx)).toMatchObject([{ snapshot: { time: '2026-01-03T00:00:00Z' } }])
})

test('a plan is stale once a snapshot was added or removed', async () => {
  const added = await repositoryOfThree()
  await storeSnapshot(added.repository, {}, ctx)
  await expect(executeForget(added.repository, added.plan, ctx)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await listSnapshots(added.repository, {}, ctx)).toHaveLength(4)

  const removed = await repositoryOfThree()
  const kept = removed.plan.groups[0]?.keep[0]?.id ?? ''
  await removed.repository.backend.remove({ type: 'snapshot', name: kept }, ctx)
  await expect(executeForget(removed.repository, removed.plan, ctx)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await listSnapshots(removed.repository, {}, ctx)).toHaveLength(2)
})

test('a plan for another repository or with more to remove than was shown is refused', async () => {
  const { repository, plan } = await repositoryOfThree()
  await expect(executeForget(repository, { ...plan, remove: plan.considered }, ctx)).rejects.toMatchObject({
    code: 'PLAN_STALE',
  })
  const other = { ...repository, config: { ...repository.config, id: '1'.repeat(64) } }
  await expect(executeForget(other, plan, ctx)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await listSnapshots(repository, {}, ctx)).toHaveLength(3)
})
