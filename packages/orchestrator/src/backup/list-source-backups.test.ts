import { exampleRepository, exampleSnapshot } from '@holdfast/repository/snapshot/snapshot-fixture'
import { expect, it } from 'vitest'
import { sourceUnknown } from './list-source-backups.ts'

it('names the sources that are known, and says which have no backup but only a log', () => {
  const snapshots = [
    ['source=shop', 'type=postgresql', 'log=wal'],
    ['source=shop', 'type=postgresql', 'method=physical'],
    ['source=followed', 'type=postgresql', 'log=wal'],
    ['source=dumped', 'type=postgresql', 'log=wal'],
    ['source=dumped', 'type=postgresql', 'method=logical'],
    ['daily'],
  ].map((tags) => exampleSnapshot({ tags }))
  expect(sourceUnknown(exampleRepository(), '"followed"', snapshots)).toMatchObject({
    code: 'SOURCE_NOT_IN_REPOSITORY',
    hint: expect.stringContaining('Known sources: dumped (only dumps), followed (only its log), shop.'),
  })
  expect(sourceUnknown(exampleRepository(), '"x"', []).hint).toContain('Known sources: none.')
})
