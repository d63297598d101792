import { expect, test } from 'vitest'
import { createAllowedDevice, isOnOtherFileSystem } from './one-file-system.ts'

test('the nearest target above a path says which device is allowed', () => {
  const allowed = createAllowedDevice([
    { path: '/', device: 1n },
    { path: '/mnt/disk', device: 2n },
  ])
  expect(allowed('/etc')).toBe(1n)
  expect(allowed('/')).toBe(1n)
  expect(allowed('/mnt/disk')).toBe(2n)
  expect(allowed(Buffer.from('/mnt/disk/a/b'))).toBe(2n)
  expect(allowed('/mnt/diskette')).toBe(1n)
  expect(createAllowedDevice([{ path: '/a', device: 1n }])('/b/c')).toBeUndefined()
})

test('a mount point is kept, its contents are not', () => {
  expect(isOnOtherFileSystem(1n, { device: 1n, isDirectory: false, parentDevice: 1n })).toBe(false)
  expect(isOnOtherFileSystem(1n, { device: 2n, isDirectory: true, parentDevice: 1n })).toBe(false)
  expect(isOnOtherFileSystem(1n, { device: 2n, isDirectory: false, parentDevice: 1n })).toBe(true)
  expect(isOnOtherFileSystem(1n, { device: 2n, isDirectory: true, parentDevice: 2n })).toBe(true)
})
