import { describe, expect, it } from 'vitest'
import { parseRelationFile } from './relation-file.ts'

describe('parseRelationFile', () => {
  it('understands relations of databases, of all databases, and of tablespaces', () => {
    expect(parseRelationFile('base/5/1259')).toEqual({ databaseOid: 5, fileNode: 1259, fork: 'main', segment: 0 })
    expect(parseRelationFile('global/1260_vm')).toEqual({ databaseOid: 0, fileNode: 1260, fork: 'vm', segment: 0 })
    expect(parseRelationFile('pg_tblspc/16384/PG_15_202209061/5/16385_fsm.12')).toEqual({
      tablespaceOid: 16_384,
      databaseOid: 5,
      fileNode: 16_385,
      fork: 'fsm',
      segment: 12,
    })
  })

  it.each([
    'global/pg_control',
    'global/pg_filenode.map',
    'base/5/PG_VERSION',
    'base/5/t3_1259',
    'base/5/1259_old',
    'base/5/1259.',
    'base/1259',
    'pg_xact/0000',
    'other/5/1259',
    'base/5/1259/1',
  ])('knows that %s has no pages', (path) => {
    expect(parseRelationFile(path)).toBeUndefined()
  })
})
