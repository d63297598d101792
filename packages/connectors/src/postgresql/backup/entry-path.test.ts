import { describe, expect, it } from 'vitest'
import { entryPath, serverPath } from './entry-path.ts'

describe('paths in a snapshot', () => {
  it.each([
    ['', 'postgresql/shop/data'],
    ['base/5/1259', 'postgresql/shop/data/base/5/1259'],
    ['pg_tblspc', 'postgresql/shop/data/pg_tblspc'],
    ['pg_tblspc/16384', 'postgresql/shop/tablespaces/16384'],
    ['pg_tblspc/16384/PG_15_1/5/7', 'postgresql/shop/tablespaces/16384/PG_15_1/5/7'],
    ['pg_tblspc/README', 'postgresql/shop/data/pg_tblspc/README'],
  ])('%j lies at %s', (path, expected) => {
    expect(entryPath('shop', path)).toBe(expected)
  })

  it('lead back to the server’s own', () => {
    for (const path of ['base/5/1259', 'pg_tblspc/16384/PG_15_1/5/7'])
      expect(serverPath('shop', entryPath('shop', path))).toBe(path)
    expect(serverPath('shop', 'postgresql/shop/manifest.json')).toBeUndefined()
    expect(serverPath('shop', 'postgresql/shop2/data/x')).toBeUndefined()
  })
})
