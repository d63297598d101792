import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { describe, expect, test } from 'vitest'
import { encodeConfigFile } from '../format/config-file.ts'
import { openRepository } from '../open/open-repository.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { addKey, type NewKey } from './add-key.ts'
import { changePassword } from './change-password.ts'
import { listKeys } from './list-keys.ts'
import { removeKey } from './remove-key.ts'

const ctx = quietContext()
const cheap = { N: 1024, r: 8, p: 1 }

function keyOf(username: string, password: string): NewKey {
  return { password, identity: { username, hostname: 'web1' }, cost: cheap }
}

/** An opened repository with one key, of password "first". */
async function repositoryWithKey(): Promise<Repository> {
  const repository = exampleRepository()
  const { backend, key, config } = repository
  await backend.write({ type: 'config', name: 'config' }, encodeConfigFile(key, config), { content: 'metadata' }, ctx)
  return { ...repository, keyId: await addKey(repository, keyOf('anna', 'first'), ctx) }
}

describe('a key', () => {
  test('that was added opens the repository with its password, beside the first', async () => {
    const repository = await repositoryWithKey()
    const id = await addKey(repository, keyOf('berta', 'second'), ctx)
    expect(await openRepository(repository.backend, 'second', {}, ctx)).toMatchObject({
      keyId: id,
      key: repository.key,
    })
    expect((await openRepository(repository.backend, 'first', {}, ctx)).keyId).toBe(repository.keyId)
    expect((await listKeys(repository, ctx)).map(({ username, isCurrent }) => [username, isCurrent])).toEqual([
      ['anna', true],
      ['berta', false],
    ])
  })

  test('that was removed opens nothing any more', async () => {
    const repository = await repositoryWithKey()
    const id = await addKey(repository, keyOf('berta', 'second'), ctx)
    expect(await removeKey(repository, id.slice(0, 20), ctx)).toBe(id)
    await expect(openRepository(repository.backend, 'second', {}, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_PASSWORD_WRONG',
    })
  })

  test('in use is never removed', async () => {
    const repository = await repositoryWithKey()
    await expect(removeKey(repository, repository.keyId, ctx)).rejects.toMatchObject({ code: 'KEY_IN_USE' })
    expect(await listKeys(repository, ctx)).toHaveLength(1)
  })

  test('is removed only when its id is clear', async () => {
    const repository = await repositoryWithKey()
    for (let count = 0; count < 16; count++) await addKey(repository, keyOf('many', `p${count}`), ctx)
    const digits = (await listKeys(repository, ctx)).map(({ id }) => id.slice(0, 1))
    const shared = digits.find((digit, position) => digits.indexOf(digit) !== position) ?? ''
    await expect(removeKey(repository, shared, ctx)).rejects.toMatchObject({ code: 'KEY_AMBIGUOUS' })
    for (const prefix of ['', 'xyz', 'f'.repeat(64)]) {
      await expect(removeKey(repository, prefix, ctx)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
    }
    expect(await listKeys(repository, ctx)).toHaveLength(17)
  })

  test('file that is damaged is left out of the list with a warning', async () => {
    const repository = await repositoryWithKey()
    await repository.backend.write(
      { type: 'key', name: 'ab'.repeat(32) },
      Buffer.from('{}'),
      { content: 'metadata' },
      ctx,
    )
    const events: Event[] = []
    expect(await listKeys(repository, { ...ctx, emit: (event) => events.push(event) })).toHaveLength(1)
    expect(events).toMatchObject([{ type: 'message.noted', message: expect.stringContaining('key abababab') }])
  })
})

describe('a change of password', () => {
  test('leaves only the new one', async () => {
    const repository = await repositoryWithKey()
    const changed = await changePassword(repository, keyOf('anna', 'new'), ctx)
    expect((await openRepository(repository.backend, 'new', {}, ctx)).keyId).toBe(changed.keyId)
    await expect(openRepository(repository.backend, 'first', {}, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_PASSWORD_WRONG',
    })
  })

  test('keeps the old password when the new key file was stored damaged', async () => {
    const repository = await repositoryWithKey()
    const plain = repository.backend
    const damaging = {
      ...plain,
      read: async (...args: Parameters<typeof plain.read>) => Buffer.from(await plain.read(...args)).fill(0, 0, 1),
    }
    const attempt = changePassword({ ...repository, backend: damaging }, keyOf('anna', 'new'), ctx)
    await expect(attempt).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
    expect((await openRepository(plain, 'first', {}, ctx)).keyId).toBe(repository.keyId)
  })
})
