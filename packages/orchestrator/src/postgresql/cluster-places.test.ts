import { describe, expect, it } from 'vitest'
import { refuseNested, requireSpace, spaceNeeds } from './cluster-places.ts'

const on = (device: number, path: string, bytes: number, freeBytes: number) => ({
  path,
  bytes,
  checked: { path, exists: false, isEmpty: true, freeBytes, device },
})

describe('the space for a cluster', () => {
  const needs = spaceNeeds([on(1, '/data', 60, 100), on(2, '/fast', 30, 50), on(1, '/data-wal', 50, 100)])

  it('is counted for each file system, that of the data directory first', () => {
    expect(needs).toEqual([
      { places: ['/data', '/data-wal'], bytes: 110, freeBytes: 100 },
      { places: ['/fast'], bytes: 30, freeBytes: 50 },
    ])
  })

  it('must be there on each of them', () => {
    expect(() => requireSpace(needs)).toThrow('cannot restore to /data, /data-wal: 110 B have to go there')
    expect(() => requireSpace(needs.slice(1))).not.toThrow()
  })
})

it('refuses places that lie within each other, and not those that only begin alike', () => {
  expect(() => refuseNested(['/data', '/data-wal', '/data-tablespaces/1'])).not.toThrow()
  expect(() => refuseNested(['/data', '/data/pg_x'])).toThrow('/data/pg_x: it would lie within /data')
  expect(() => refuseNested(['/data', '/ts', '/ts'])).toThrow('two parts of the cluster')
  expect(() => refuseNested(['/a/data', '/a'])).toThrow('/a/data: it would lie within /a')
})
