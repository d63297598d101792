import { quietContext } from '@holdfast/core/context'
import { describe, expect, it } from 'vitest'
import { startPostgres } from '../testing/postgres-server.ts'
import { startBackup } from './backup-fixture.ts'
import { probePostgres } from './probe-postgres.ts'

const ctx = quietContext()

describe('probing a server', () => {
  it('tells what it is, and warns of what endangers its data', async () => {
    await using server = await startPostgres({ dataChecksums: false, settings: { full_page_writes: 'off' } })
    const probe = await probePostgres(server.target(), ctx)
    expect(probe).toMatchObject({
      timeline: 1,
      inRecovery: false,
      walLevel: 'replica',
      dataDirectory: server.dataDirectory,
    })
    expect(probe.server).toMatchObject({ versionNumber: 150_018, walSegmentBytes: 16_777_216, blockBytes: 8192 })
    expect(probe.sizeBytes).toBeGreaterThan(1_000_000)
    const codes = probe.warnings.map(({ code }) => code)
    expect(codes).toEqual(['FSYNC_OFF', 'FULL_PAGE_WRITES_OFF', 'DATA_CHECKSUMS_OFF', 'SLOT_WAL_UNLIMITED'])
  })

  it('says what prevents a backup, which then fails with the same reason', async () => {
    const settings = { wal_level: 'minimal', max_wal_senders: 0, max_replication_slots: 0 }
    await using server = await startPostgres({ settings })
    const { warnings } = await probePostgres(server.target(), ctx)
    expect(warnings.filter(({ severity }) => severity === 'prevents').map(({ code }) => code)).toEqual([
      'WAL_LEVEL_MINIMAL',
      'WAL_SENDERS_OFF',
    ])
    await expect(startBackup(server)).rejects.toMatchObject({ code: 'POSTGRES_WAL_LEVEL_MINIMAL' })
  })

  it('works for a role that may do nothing but log in, and says what that role lacks', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE ROLE plain LOGIN')
    const probe = await probePostgres({ ...server.target(), user: 'plain' }, ctx)
    expect(probe.role).toEqual({
      name: 'plain',
      isSuperuser: false,
      mayReplicate: false,
      mayStartBackup: false,
      mayReadFiles: false,
    })
    expect(probe.warnings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['PRIVILEGE_MISSING', 'FILES_UNREADABLE']),
    )
  })
})
