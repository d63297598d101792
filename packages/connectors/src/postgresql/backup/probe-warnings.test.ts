import { describe, expect, it } from 'vitest'
import type { PostgresProbe } from './probe-postgres.ts'
import { probeWarnings } from './probe-warnings.ts'

type Probed = Omit<PostgresProbe, 'warnings'>

const healthy: Probed = {
  host: 'db1:5432',
  server: {
    version: '15.18',
    versionNumber: 150_018,
    systemIdentifier: '7',
    dataChecksums: true,
    walSegmentBytes: 16_777_216,
    blockBytes: 8192,
    relationSegmentBlocks: 131_072,
  },
  timeline: 1,
  inRecovery: false,
  walLevel: 'replica',
  walSenders: { limit: 10, used: 1 },
  replicationSlots: { limit: 10, used: 1 },
  dataDirectory: '/var/lib/postgresql/15/main',
  role: { name: 'holdfast', isSuperuser: false, mayReplicate: true, mayStartBackup: false, mayReadFiles: true },
  sizeBytes: 1,
  databases: [],
  tablespaces: [],
  settings: new Map([
    ['fsync', 'on'],
    ['full_page_writes', 'on'],
    ['max_slot_wal_keep_size', '51200'],
    ['config_file', '/var/lib/postgresql/15/main/postgresql.conf'],
  ]),
}

const codes = (change: Partial<Probed>): string[] => probeWarnings({ ...healthy, ...change }).map(({ code }) => code)
const setting = (name: string, value: string): Partial<Probed> => ({
  settings: new Map(healthy.settings).set(name, value),
})

describe('probeWarnings', () => {
  it('has nothing to say of a healthy server', () => {
    expect(codes({})).toEqual([])
  })

  it.each([
    ['WAL_LEVEL_MINIMAL', { walLevel: 'minimal' }],
    ['WAL_SENDERS_OFF', { walSenders: { limit: 0, used: 0 } }],
    ['WAL_SENDERS_EXHAUSTED', { walSenders: { limit: 2, used: 2 } }],
    ['PRIVILEGE_MISSING', { role: { ...healthy.role, mayReplicate: false } }],
    ['FSYNC_OFF', setting('fsync', 'off')],
    ['FULL_PAGE_WRITES_OFF', setting('full_page_writes', 'off')],
    ['DATA_CHECKSUMS_OFF', { server: { ...healthy.server, dataChecksums: false } }],
    ['SLOT_WAL_UNLIMITED', setting('max_slot_wal_keep_size', '-1')],
    ['SLOTS_EXHAUSTED', { replicationSlots: { limit: 1, used: 1 } }],
    ['FILES_UNREADABLE', { role: { ...healthy.role, mayReadFiles: false } }],
    ['CONFIGURATION_OUTSIDE', setting('config_file', '/etc/postgresql/15/main/postgresql.conf')],
  ] as const)('warns of %s, and says what to do', (code, change) => {
    const [warning, ...others] = probeWarnings({ ...healthy, ...change })
    expect(others).toEqual([])
    expect(warning?.code).toBe(code)
    expect(warning?.hint).toMatch(/^[A-Z].*\.$/)
  })

  it('quotes the name of the role where it is to be pasted', () => {
    const role = { ...healthy.role, name: 'a "b', mayReplicate: false }
    expect(probeWarnings({ ...healthy, role })[0]?.hint).toContain('ALTER ROLE "a ""b" REPLICATION;')
  })
})
