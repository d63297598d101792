import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { describe, expect, test } from 'vitest'
import { draftByHand, type WantedRun } from './draft-by-hand.ts'

const place = (location: string) => ({ location, password: { env: 'PASSWORD' } })
const config = effectiveConfigOf({
  repositories: { local: place('/srv/backup'), offsite: place('s3:https://s3.example.com/b') },
  sources: {
    web: { type: 'files', paths: ['/srv/web'], tier: 'important', copyMethod: 'copy' },
    wide: { type: 'files', paths: ['/srv/wide'], tier: 'important', copyMethod: 'fan-out' },
    alone: { type: 'files', paths: ['/srv/alone'], tier: 'important', repositories: ['local'] },
  },
})
const now = new Date('2026-11-21T10:00:00Z')

function draft(wanted: Partial<WantedRun>) {
  const nothing = { repository: undefined, from: undefined, target: undefined, parts: undefined }
  return draftByHand({ operation: 'backup', name: 'web', by: 'ann', ...nothing, ...wanted }, config, now)
}

describe('a run by hand', () => {
  test('comes before scheduled ones, once, with the name of who wants it', () => {
    const run = draft({})
    expect(run).toMatchObject({ operation: 'backup', source: 'web', attempts: 1, dueAt: now })
    expect(run.cause).toEqual({ type: 'manual', by: 'ann' })
    expect(run.priority).toBeGreaterThan(50)
    expect(run.exclusiveKeys).toEqual(['source/web'])
    expect(run.uniqueKey).not.toBe(draft({}).uniqueKey)
  })

  test('counts against the repositories that it touches', () => {
    const touched = (wanted: Partial<WantedRun>) =>
      draft(wanted).limitKeys.filter((key) => key.startsWith('repository/'))
    expect(touched({})).toEqual(['repository/local'])
    expect(touched({ name: 'wide' })).toEqual(['repository/local', 'repository/offsite'])
    expect(touched({ operation: 'copy' })).toEqual(['repository/local', 'repository/offsite'])
    expect(touched({ operation: 'forget', repository: 'offsite' })).toEqual(['repository/offsite'])
    expect(touched({ operation: 'prune', name: 'offsite' })).toEqual(['repository/offsite'])
  })

  test('says what to copy, prove and read', () => {
    expect(draft({ operation: 'copy', from: 'offsite' })).toMatchObject({
      repository: 'local',
      arguments: { from: 'offsite' },
    })
    expect(draft({ operation: 'verify', target: 'random', repository: 'offsite' }).arguments).toEqual({
      target: 'random',
      repository: 'offsite',
    })
    expect(draft({ operation: 'check', name: 'local', parts: '1,2/3' }).arguments).toEqual({ parts: '1,2/3' })
  })

  test.each<[Partial<WantedRun>, string]>([
    [{ operation: 'bakcup' }, 'ARGUMENT_INVALID'],
    [{ name: 'wbe' }, 'SOURCE_UNKNOWN'],
    [{ operation: 'prune', name: 'web' }, 'SOURCE_UNKNOWN'],
    [{ operation: 'forget', repository: 'nowhere' }, 'SOURCE_UNKNOWN'],
    [{ operation: 'copy', name: 'alone' }, 'OPERATION_UNSUITABLE'],
    [{ operation: 'verify', name: 'alone', repository: 'offsite' }, 'OPERATION_UNSUITABLE'],
    [{ operation: 'check', name: 'local', parts: '4/3' }, 'ARGUMENT_INVALID'],
  ])('%o is refused with %s', (wanted, code) => {
    expect(() => draft(wanted)).toThrow(expect.objectContaining({ code }))
  })
})
