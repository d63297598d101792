import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { findSnapshot } from './find-snapshot.ts'
import { listSnapshots } from './list-snapshots.ts'
import { createResticFixture, resticPrograms } from './restic-fixture.ts'
import { tagSnapshots } from './tag-snapshots.ts'

const ctx = quietContext()

describe.each(resticPrograms())('with %s', (program) => {
  test('tags changed in turn by us and by restic add up, and the first version stays known', async () => {
    await using fixture = await createResticFixture(ctx)
    expect(await fixture.restic(program, ['backup', '--tag', 'a', `${fixture.path}/keys`])).toMatchObject({
      exitCode: 0,
    })
    const first = await findSnapshot(fixture.repository, 'latest', {}, ctx)
    expect(first.snapshot.tags).toEqual(['a'])
    await tagSnapshots(fixture.repository, [first], { add: ['b'], remove: [] }, ctx)
    const listed = await fixture.restic(program, ['snapshots', '--json', '--tag', 'a,b'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { tags: ['a', 'b'], original: first.id, time: first.snapshot.time },
    ])
    expect(await fixture.restic(program, ['tag', '--add', 'c', '--remove', 'a'])).toMatchObject({ exitCode: 0 })
    const [last] = await listSnapshots(fixture.repository, {}, ctx)
    expect(last?.snapshot.tags.toSorted()).toEqual(['b', 'c'])
    expect(last?.snapshot.original).toBe(first.id)
    expect(last?.snapshot.summary).toEqual(first.snapshot.summary)
  })
})
