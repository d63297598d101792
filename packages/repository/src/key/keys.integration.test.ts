import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { createResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { addKey } from './add-key.ts'
import { changePassword } from './change-password.ts'
import { listKeys } from './list-keys.ts'
import { removeKey } from './remove-key.ts'

const ctx = quietContext()
const second = {
  password: 'second',
  identity: { username: 'anna', hostname: 'web1' },
  cost: { N: 1024, r: 8, p: 1 },
}
const asSecond = ['--password-command', 'echo second', 'snapshots', '--json']

describe.each(resticPrograms())('with %s', (program) => {
  test('a key of ours opens the repository until it is removed', async () => {
    await using fixture = await createResticFixture(ctx)
    const id = await addKey(fixture.repository, second, ctx)
    expect(await fixture.restic(program, asSecond)).toMatchObject({ exitCode: 0 })
    await removeKey(fixture.repository, id, ctx)
    // 12 since restic 0.17
    expect([1, 12]).toContain((await fixture.restic(program, asSecond)).exitCode)
  })

  test('a key that restic added is listed by us, and a password we changed counts for restic', async () => {
    await using fixture = await createResticFixture(ctx)
    await using directory = await makeDirectory()
    const passwordFile = join(directory.path, 'password')
    await writeFile(passwordFile, 'third')
    const add = ['key', 'add', '--user', 'berta', '--host', 'db1', '--new-password-file', passwordFile]
    expect(await fixture.restic(program, add)).toMatchObject({ exitCode: 0 })
    await changePassword(fixture.repository, second, ctx)
    expect(await fixture.restic(program, asSecond)).toMatchObject({ exitCode: 0 })
    expect(await listKeys(fixture.repository, ctx)).toMatchObject([
      { username: 'berta', hostname: 'db1' },
      { username: 'anna', hostname: 'web1' },
    ])
  })
})

async function makeDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-key-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
