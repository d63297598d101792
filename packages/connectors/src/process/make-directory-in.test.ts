import { expect, it } from 'vitest'
import { makeDirectoryIn } from './make-directory-in.ts'

it('says what is wrong with the place that was given', async () => {
  const missing = { code: 'TARGET_UNUSABLE', message: 'cannot restore to /nowhere/at/all: it does not exist' }
  await expect(makeDirectoryIn('/nowhere/at/all', 'holdfast-')).rejects.toMatchObject(missing)
  await expect(makeDirectoryIn('/dev/null', 'holdfast-')).rejects.toMatchObject({
    message: 'cannot restore to /dev/null: it is not a directory',
  })
})
