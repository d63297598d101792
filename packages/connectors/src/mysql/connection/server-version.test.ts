import { expect, it } from 'vitest'
import { isSupported, parseServerVersion } from './server-version.ts'

it.each([
  ['10.11.19-MariaDB-0+deb12u1-log', 'mariadb', 101_119, true],
  ['5.5.5-10.5.9-MariaDB', 'mariadb', 100_509, false],
  ['8.0.36', 'mysql', 80_036, true],
  ['5.7.44-log', 'mysql', 50_744, false],
  ['9.7.0-debian', 'mysql', 90_700, true],
])('reads %s', (text, family, number, isOld) => {
  const version = parseServerVersion(text)
  expect(version).toMatchObject({ family, number })
  expect(version !== undefined && isSupported(version)).toBe(isOld)
})

it('makes nothing of what is no version', () => expect(parseServerVersion('hello')).toBeUndefined())
