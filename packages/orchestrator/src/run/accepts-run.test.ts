import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { expect, test } from 'vitest'
import { acceptsRun, agentOf } from './accepts-run.ts'
import type { Run } from './run.ts'

const written = {
  sources: {
    web: { type: 'files', paths: ['/srv/web'], tier: 'important' },
    shop: { type: 'postgresql', connection: 'postgresql://db1', tier: 'important' },
    near: { type: 'postgresql', connection: 'postgresql://db1', method: 'direct', tier: 'important' },
  },
}
const config = effectiveConfigOf({
  ...written,
  catalogue: { type: 'postgresql', connection: { env: 'CATALOGUE' } },
})

const asked = (about: Partial<Run>): Run => ({
  id: '1',
  operation: 'backup',
  arguments: {},
  cause: { type: 'manual', by: 'test' },
  uniqueKey: '1',
  exclusiveKeys: [],
  limitKeys: ['host/test-host'],
  dueAt: new Date(0),
  priority: 0,
  timeoutMs: 1,
  attempts: 1,
  state: 'queued',
  attempt: 0,
  queuedAt: new Date(0),
  isCancelRequested: false,
  ...about,
})

test.each<[Partial<Run>, boolean]>([
  [{ source: 'web' }, true],
  [{ source: 'web', limitKeys: ['host/other'] }, false],
  [{ source: 'near', limitKeys: ['host/other'] }, false],
  [{ source: 'shop', limitKeys: ['host/other'] }, true],
  [{ source: 'web', operation: 'forget', repository: 'local', limitKeys: ['host/other'] }, true],
  [{ source: 'shop', operation: 'restore', repository: 'local' }, true],
  [{ source: 'shop', operation: 'restore', repository: 'local', limitKeys: ['host/other'] }, false],
  [{ source: 'unknown' }, false],
  [{ operation: 'check', repository: 'local', limitKeys: ['host/other'] }, true],
  [{ operation: 'check', repository: 'unknown' }, false],
])('%o is accepted: %s', (about, expected) => {
  expect(acceptsRun(asked(about), config)).toBe(expected)
})

test('whoever has the file of the catalogue accepts what was asked for under another name', () => {
  const alone = effectiveConfigOf(written)
  expect(acceptsRun(asked({ source: 'web', limitKeys: ['host/other'] }), alone)).toBe(true)
})

test('the backups of a source with an agent are for that agent, and everything else is for servers', () => {
  const agents = { 'web-1': { gateway: 'append-only' } }
  const shared = effectiveConfigOf({ agents, sources: { web: { ...written.sources.web, agent: 'web-1' } } })
  const backup = asked({ source: 'web' })
  expect([acceptsRun(backup, shared), agentOf(backup, shared)]).toEqual([false, 'web-1'])
  for (const operation of ['forget', 'copy', 'verify'] as const) {
    const run = asked({ source: 'web', operation, repository: 'local' })
    expect([acceptsRun(run, shared), agentOf(run, shared)]).toEqual([true, undefined])
  }
  expect(agentOf(asked({ source: 'unknown' }), shared)).toBeUndefined()
})
