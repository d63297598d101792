import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { afterAll, describe, expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { rowDropsKey } from '../finding/row-drops.ts'
import { blankRun } from '../run/testing/blank-run.ts'
import { acceptReport, writeReport } from './accept-report.ts'
import { type AgentReport, collectReport } from './agent-report.ts'
import { configOfAssignment } from './assigned-config.ts'
import { assignmentOf } from './assignment.ts'
import { openResultSpool } from './result-spool.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const repository = (name: string) => ({
  location: `s3:https://s3.example/${name}`,
  password: { file: `/etc/holdfast/${name}` },
  variables: { AWS_SECRET_ACCESS_KEY: { env: 'KEY' } },
  options: { 's3.region': 'eu' },
  limits: { upload: '1MiB' },
})
const config = effectiveConfigOf({
  repositories: { near: repository('near'), far: repository('far'), other: repository('other') },
  agents: { 'web-1': {}, 'web-2': { gateway: 'write-only' } },
  sources: {
    web: { type: 'files', paths: ['/srv/web'], agent: 'web-1', repositories: ['near', 'far'] },
    shop: { type: 'command', command: ['dump'], agent: 'web-2', repositories: ['near'] },
    own: { type: 'files', paths: ['/srv/own'], repositories: ['other'] },
  },
})
const [source] = [...config.sources.values()]
if (source === undefined) throw new Error('no source')

const startedAt = new Date('2026-11-21T10:00:00.000Z')
const now = new Date('2026-11-21T10:05:00.000Z')
const at = '2026-11-21T10:03:00.000Z'
const run = { ...blankRun('run-1'), source: 'web', startedAt, queuedAt: startedAt }
const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
const report: AgentReport = {
  snapshots: [{ repository: 'near', snapshotId: one, time: at, bytes: 7 }],
  figures: [{ figure: 'backup-bytes-read', at, value: 7 }],
}
const outcome = { state: 'succeeded', result: { snapshots: { near: one } } } as const
const accept = (change: Partial<AgentReport> = {}, ended: Parameters<typeof acceptReport>[0]['outcome'] = outcome) =>
  acceptReport({ run, source, agent: 'web-1', outcome: ended, report: { ...report, ...change } }, now)

describe('a report', () => {
  test('of an honest agent is written as a backup of the server itself would have', async () => {
    await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'server.db') }, quietContext())
    await catalogue.marks.set(rowDropsKey('web'), 'of the backup before')
    await writeReport(accept(), 'web', catalogue)
    expect(await catalogue.snapshots.list({})).toEqual([
      { repository: 'near', snapshotId: one, source: 'web', time: new Date(at), lineage: 'run-1', bytes: 7 },
    ])
    expect(await catalogue.samples.newest()).toEqual([
      { figure: 'backup-bytes-read', subject: 'source/web', at: new Date(at), value: 7 },
    ])
    expect(await catalogue.marks.get(rowDropsKey('web'))).toBeUndefined()
    const drops = { at, beforeAt: at, drops: [{ table: 'a.b', before: 900, now: 1 }] }
    await writeReport(accept({ rowDrops: drops }), 'web', catalogue)
    expect(await collectReport(catalogue, 'web')).toEqual({ ...report, rowDrops: drops })
  })

  const refusals: readonly (readonly [string, () => unknown])[] = [
    [
      'a repository that the source is not kept in',
      () => accept({}, { state: 'succeeded', result: { snapshots: { other: one } } }),
    ],
    ['a backup without a snapshot', () => accept({ snapshots: [] }, { state: 'succeeded', result: {} })],
    [
      'another snapshot than that of its result',
      () => accept({ snapshots: [{ repository: 'near', snapshotId: two, time: at }] }),
    ],
    [
      'a snapshot of another repository',
      () => accept({ snapshots: [{ repository: 'far', snapshotId: one, time: at }] }),
    ],
    ['one snapshot twice', () => accept({ snapshots: [...report.snapshots, ...report.snapshots] })],
    ['a figure that is none of a backup', () => accept({ figures: [{ figure: 'rpo', at, value: 0 }] })],
  ]
  test.each(refusals)('that tells of %s is refused', (_what, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'AGENT_REPORT_INVALID' }))
  })

  test('cannot be of another time than its run', () => {
    const when = (time: string) =>
      accept({ snapshots: [{ repository: 'near', snapshotId: one, time }] }).snapshots[0]?.time
    expect(when('2099-01-01T00:00:00.000Z')).toEqual(now)
    expect(when('2001-01-01T00:00:00.000Z')).toEqual(startedAt)
  })
})

describe('an assignment', () => {
  test('says what a backup needs, with secrets as references, and nothing of others', () => {
    const assigned = assignmentOf(run, 'web-1', config)
    expect(assigned?.source).toMatchObject({ name: 'web', workload: { type: 'files', paths: ['/srv/web'] } })
    expect(assigned?.repositories.map(({ name }) => name)).toEqual(['near', 'far'])
    expect(JSON.stringify(assigned)).not.toMatch(/other|shop|own/)
  })

  test('is made for its own agent only', () => {
    expect(assignmentOf(run, 'web-2', config)).toBeUndefined()
    expect(assignmentOf({ ...run, source: 'own' }, 'web-1', config)).toBeUndefined()
    expect(assignmentOf({ ...run, source: 'gone' }, 'web-1', config)).toBeUndefined()
  })

  test('becomes the same settings on the other side', () => {
    const assigned = assignmentOf(run, 'web-1', config)
    if (assigned === undefined) throw new Error('not assigned')
    const place = { agent: 'web-1', server: 'https://hold', secretFile: '/s/secret', cataloguePath: '/s/c.db' }
    const there = configOfAssignment(JSON.parse(JSON.stringify(assigned)), place)
    expect(there.host).toBe('web-1')
    expect(there.sources.get('web')?.workload).toEqual(source.workload)
    const [before, after] = [config.repositories.get('far'), there.repositories.get('far')]
    expect(after).toMatchObject({ location: before?.location, password: before?.password, options: before?.options })
    expect(after?.variables).toEqual(before?.variables)
    expect(after?.limits.uploadBytesPerSecond).toBe(1 << 20)
  })

  test('with a gateway knows neither where the repository is nor how its store is entered', () => {
    const assigned = assignmentOf({ ...run, source: 'shop' }, 'web-2', config)
    expect(JSON.stringify(assigned)).not.toMatch(/s3|AWS|KEY/)
    if (assigned === undefined) throw new Error('not assigned')
    const place = { agent: 'web-2', server: 'https://hold', secretFile: '/s/secret', cataloguePath: '/s/c.db' }
    expect(configOfAssignment(assigned, place).repositories.get('near')).toMatchObject({
      location: 'rest:https://hold/gateway/near/',
      variables: new Map([
        ['HOLDFAST_REST_USERNAME', { text: 'web-2' }],
        ['HOLDFAST_REST_PASSWORD', { file: '/s/secret' }],
      ]),
    })
  })
})

test('a spool gives back what it has kept, oldest first, and forgets what was half written', async () => {
  const place = join(directory, 'spool')
  const spool = await openResultSpool(place)
  await spool.keep('b', '2')
  await spool.keep('a', '1')
  await spool.keep('a', '3')
  writeFileSync(join(place, 'c.json.new'), '{')
  const again = await openResultSpool(place)
  expect(await again.list()).toEqual([
    { id: 'a', result: '3' },
    { id: 'b', result: '2' },
  ])
  expect(statSync(join(place, 'a.json')).mode & 0o077).toBe(0)
  await again.remove('a')
  await again.remove('a')
  expect(readdirSync(place)).toEqual(['b.json'])
  await expect(again.keep('../x', '')).rejects.toThrow('id')
})
