import { expect, it } from 'vitest'
import { readGrants } from './grants.ts'

it('knows what an account has, on everything, on a database, on databases of a pattern', () => {
  const grants = readGrants([
    "GRANT RELOAD, EVENT ON *.* TO `backup`@`%` IDENTIFIED BY PASSWORD '*B6'",
    'GRANT SELECT, SHOW VIEW ON `a``b`.* TO `backup`@`%`',
    String.raw`GRANT TRIGGER ON ${'`'}shop\_%${'`'}.* TO ${'`'}backup${'`'}@${'`'}%${'`'}`,
    'GRANT ALL PRIVILEGES ON `own`.* TO `role`',
    'GRANT SELECT (`id`), TRIGGER ON `later`.`t` TO `backup`@`%`',
    'GRANT `reader` TO `backup`@`%`',
  ])
  expect(grants.has('EVENT', 'any')).toBe(true)
  expect(grants.has('EVENT')).toBe(true)
  expect(grants.has('SELECT', 'a`b')).toBe(true)
  expect(grants.has('SELECT', 'later')).toBe(false)
  expect(grants.has('SELECT')).toBe(false)
  expect(grants.has('TRIGGER', 'shop_1')).toBe(true)
  expect(grants.has('TRIGGER', 'shopx1')).toBe(false)
  expect(grants.has('TRIGGER', 'later')).toBe(false)
  expect(grants.has('SHOW_ROUTINE', 'own')).toBe(true)
})

it('knows what was taken back of one database', () => {
  const grants = readGrants(['GRANT SELECT, TRIGGER ON *.* TO `b`@`%`', 'REVOKE TRIGGER ON `shop`.* FROM `b`@`%`'])
  expect(grants.has('TRIGGER', 'shop')).toBe(false)
  expect(grants.has('TRIGGER', 'other')).toBe(true)
  expect(grants.has('SELECT', 'shop')).toBe(true)
})
