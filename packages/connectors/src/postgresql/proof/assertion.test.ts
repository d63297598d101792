import { describe, expect, it } from 'vitest'
import { parseAssertion } from './assertion.ts'

describe('parseAssertion', () => {
  it('takes a query alone, casts and all', () => {
    expect(parseAssertion(' SELECT count(*)::int > 0 FROM orders ')).toEqual({
      sql: 'SELECT count(*)::int > 0 FROM orders',
    })
  })

  it('takes the database before a colon', () => {
    expect(parseAssertion('shop-db: SELECT true')).toEqual({ database: 'shop-db', sql: 'SELECT true' })
  })

  it('takes a database in double quotes, whatever it is called', () => {
    expect(parseAssertion('"my ""shop"" ü": SELECT true')).toEqual({ database: 'my "shop" ü', sql: 'SELECT true' })
    expect(parseAssertion('größe: SELECT true')).toEqual({ database: 'größe', sql: 'SELECT true' })
  })

  it('does not take a cast at the beginning for a database', () => {
    expect(parseAssertion('x::int')).toEqual({ sql: 'x::int' })
  })
})
