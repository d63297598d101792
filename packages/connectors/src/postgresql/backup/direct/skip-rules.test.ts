import { describe, expect, it } from 'vitest'
import { keptNames } from './skip-rules.ts'

describe('keptNames', () => {
  it('keeps of an unlogged relation only the file it is made anew from', () => {
    const names = [
      '16384',
      '16384_init',
      '16384_fsm',
      '16384_vm',
      '16384.1',
      '16384_fsm.1',
      '16385',
      '163840',
      'PG_VERSION',
    ]
    const kept = ['16384_init', '16385', '163840', 'PG_VERSION']
    expect(keptNames('base/5', names)).toEqual(kept)
    expect(keptNames('pg_tblspc/16390/PG_15_202209061/5', names)).toEqual(kept)
  })

  it('leaves out temporary relations, in the folders of databases only', () => {
    const names = ['t3_16384', 't3_16384.1', 't12_16384_fsm', 'table', 't3', 't3_x']
    expect(keptNames('base/5', names)).toEqual(['table', 't3', 't3_x'])
    expect(keptNames('mine', names)).toEqual(names)
  })

  it('leaves out what one running server needs, wherever it lies', () => {
    const names = ['pg_internal.init', 'pg_internal.init.77', 'pgsql_tmp', 'pgsql_tmp77.0', 'postmaster.pid']
    const more = ['postmaster.opts', 'backup_label', 'tablespace_map', 'backup_manifest', 'current_logfiles.tmp']
    for (const folder of ['', 'global', 'base/5', 'base'])
      expect(keptNames(folder, [...names, ...more, 'postgresql.auto.conf.tmp', 'postgresql.auto.conf'])).toEqual([
        'postgresql.auto.conf',
      ])
  })
})
