import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveSecret } from './resolve-secret.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-secret-'))
  await writeFile(join(folder, 'one'), 'top secret\n')
  await writeFile(join(folder, 'windows'), 'top secret\r\n')
  await writeFile(join(folder, 'blanks'), ' two words \n\n')
  await writeFile(join(folder, 'empty'), '\n')
  await writeFile(join(folder, 'huge'), 'x'.repeat(70_000))
})
afterAll(() => rm(folder, { recursive: true }))

const variables = (name: string) => ({ PW: 'from env', EMPTY: '' })[name]
const resolve = (reference: SecretReference, signal?: AbortSignal) =>
  resolveSecret(reference, { variables }, quietContext(signal === undefined ? {} : { signal }))
const file = (name: string) => ({ file: join(folder, name) })
const shell = (script: string) => ({ command: ['sh', '-c', script] })

describe('a secret is found', () => {
  test('in a variable, as it is', async () => {
    expect(await resolve({ env: 'PW' })).toBe('from env')
  })

  test('in a file, without the newline at its end and with everything else', async () => {
    expect(await resolve(file('one'))).toBe('top secret')
    expect(await resolve(file('windows'))).toBe('top secret')
    expect(await resolve(file('blanks'))).toBe(' two words \n')
  })

  test('in what a command prints, whose arguments no shell looks at', async () => {
    expect(await resolve(shell('echo secret'))).toBe('secret')
    expect(await resolve({ command: ['printf', '%s', '$HOME; `id`'] })).toBe('$HOME; `id`')
    expect(await resolve(shell('cat; printf x'))).toBe('x')
  })

  test('in the configuration itself, where that is allowed', async () => {
    expect(await resolve({ text: 'postgresql://db' })).toBe('postgresql://db')
  })

  test('again after it was changed', async () => {
    await writeFile(join(folder, 'rotated'), 'old')
    expect(await resolve(file('rotated'))).toBe('old')
    await writeFile(join(folder, 'rotated'), 'new')
    expect(await resolve(file('rotated'))).toBe('new')
  })
})

describe('a secret that cannot be had is said by its origin and reason', () => {
  test.each([
    [{ env: 'NOT_SET' }, 'the secret from the variable NOT_SET is not there: it is not set'],
    [{ env: 'EMPTY' }, 'the secret from the variable EMPTY is not there: it is not set'],
    [{ file: '/nowhere/pw' }, 'the secret from the file /nowhere/pw is not there: it does not exist'],
    [{ file: '/tmp' }, 'the secret from the file /tmp is not there: it is a directory'],
    [
      { command: ['no-such-program-here'] },
      'the secret from the command no-such-program-here could not be had: there is no such program',
    ],
    [{ command: ['true'] }, 'the secret from the command true is not there: it printed nothing'],
  ])('%j', async (reference, message) => {
    await expect(resolve(reference)).rejects.toThrow(message)
  })

  test('in a file that is empty or far too large', async () => {
    await expect(resolve(file('empty'))).rejects.toThrow('it is empty')
    await expect(resolve(file('huge'))).rejects.toThrow('it is larger than 64 KiB')
  })

  test('and nothing that a command was given or has printed is repeated', async () => {
    const failure = await resolve(shell('echo canary; echo canary >&2; exit 3')).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'SECRET_COMMAND_FAILED', retryable: true })
    const told = JSON.stringify(failure, Object.getOwnPropertyNames(failure)) + String((failure as Error).cause)
    expect(told).toContain('it ended with exit code 3')
    expect(told).not.toContain('canary')
  })

  test('a command that prints without end is stopped', async () => {
    await expect(resolve({ command: ['yes'] })).rejects.toThrow('it printed more than 64 KiB')
  })

  test('a command that takes long is stopped when the work is', async () => {
    await expect(resolve({ command: ['sleep', '60'] }, AbortSignal.timeout(50))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
  })
})

test('a file that may not be read', async ({ skip }) => {
  if (process.getuid?.() === 0) skip('root reads everything')
  await writeFile(join(folder, 'locked'), 'x')
  await chmod(join(folder, 'locked'), 0)
  await expect(resolve(file('locked'))).rejects.toThrow('permission denied')
})
