import { describe, expect, it } from 'vitest'
import { parseColumn, parseRelation } from './relation-check.ts'

describe('parseRelation', () => {
  it('reads both sides, with or without a schema', () => {
    expect(parseRelation('orders.customer_id -> public.Customers.id')).toEqual({
      child: { table: ['orders'], column: 'customer_id' },
      parent: { table: ['public', 'Customers'], column: 'id' },
    })
    expect(parseRelation('shop:orders.customer -> customers.id').child.database).toBe('shop')
  })

  it.each([
    'orders',
    'orders.id',
    'a.b -> c',
    'a.b -> c.d -> e.f',
    'a..b -> c.d',
    ' -> c.d',
    'a.b.c.d -> e.f',
    'x:a.b -> y:c.d',
  ])('refuses %j and says how it is written', (text) => {
    expect(() => parseRelation(text)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', details: expect.objectContaining({ name: '--relation' }) }),
    )
  })
})

describe('parseColumn', () => {
  it('takes names as they are written', () => {
    expect(parseColumn('Users.E-mail', '--unique')).toEqual({ table: ['Users'], column: 'E-mail' })
    expect(parseColumn('shop:a b.Users.ü', '--unique')).toEqual({
      database: 'shop',
      table: ['a b', 'Users'],
      column: 'ü',
    })
  })

  it('takes names in double quotes, with whatever is in them', () => {
    const name = `"my:shop": "a.""b"".c"."it's".id`
    expect(parseColumn(name, '--unique')).toEqual({ database: 'my:shop', table: ['a."b".c', "it's"], column: 'id' })
  })
})
