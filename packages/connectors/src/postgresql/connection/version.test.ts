import { expect, it } from 'vitest'
import { versionNumber } from './version.ts'

it.each([
  ['15.18 (Debian 15.18-0+deb12u1)', 150_018],
  ['18beta1', 180_000],
  ['9.6.24', 90_624],
  ['13.23', 130_023],
  ['', 0],
  ['twelve', 0],
])('reads the version of %j', (text, number) => {
  expect(versionNumber(text)).toBe(number)
})
