import { expect, test } from 'vitest'
import { fileSystemError } from './file-system-error.ts'

const what = { action: 'write', file: 'config', location: '/repository' }

test.each([
  ['ENOSPC', 'STORAGE_FULL'],
  ['EDQUOT', 'STORAGE_FULL'],
  ['EACCES', 'STORAGE_DENIED'],
  ['EPERM', 'STORAGE_DENIED'],
  ['EROFS', 'STORAGE_DENIED'],
  ['ENOENT', 'STORAGE_FILE_MISSING'],
  ['EIO', 'STORAGE_UNREACHABLE'],
  ['ESTALE', 'STORAGE_UNREACHABLE'],
])('%s becomes %s', (errno, code) => {
  const error = fileSystemError(Object.assign(new Error(`${errno}: it failed`), { code: errno }), what)
  expect(error.code).toBe(code)
  expect(error.message).toContain('/repository')
})

test('only errors that may pass by themselves are retryable', () => {
  const retryable = (errno: string) => fileSystemError(Object.assign(new Error(), { code: errno }), what).retryable
  expect(['ENOSPC', 'EACCES', 'EROFS', 'ENOENT', 'EIO'].map(retryable)).toEqual([false, false, false, false, true])
})
