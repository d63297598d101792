import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPassword, type PasswordRequest } from './find-password.ts'
import { splitWords } from './split-words.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-password-'))
  await writeFile(join(folder, 'file'), '\uFEFF from file \n')
  await writeFile(join(folder, 'empty'), '\n')
})
afterAll(() => rm(folder, { recursive: true }))

const nothing = { passwordFile: undefined, passwordCommand: undefined, insecureNoPassword: false }

function find(
  options: Partial<PasswordRequest['options']>,
  variables: Record<string, string> = {},
  more: Partial<PasswordRequest> = {},
) {
  return findPassword(
    {
      options: { ...nothing, ...options },
      role: 'main',
      location: '/repo',
      variables: (name) => variables[name],
      ask: undefined,
      ...more,
    },
    quietContext(),
  )
}

test('a file is read without the white space around the password', async () => {
  expect(await find({ passwordFile: join(folder, 'file') })).toBe('from file')
})

test("options come before Holdfast's variables, and those before restic's", async () => {
  const variables = { HOLDFAST_PASSWORD: 'own', RESTIC_PASSWORD_FILE: join(folder, 'file') }
  expect(await find({}, variables)).toBe('own')
  expect(await find({ passwordFile: join(folder, 'file') }, variables)).toBe('from file')
  expect(await find({}, { RESTIC_PASSWORD: 'old' })).toBe('old')
})

test('the source repository has variables of its own', async () => {
  const variables = { HOLDFAST_PASSWORD: 'main', RESTIC_FROM_PASSWORD: 'source' }
  expect(await find({}, variables, { role: 'source' })).toBe('source')
})

test('a command prints the password; quotes keep words together', async () => {
  expect(await find({ passwordCommand: `printf '%s %s\\n' "a b" c` })).toBe('a b c')
})

test('a command that fails does not yield a password, and what it printed is not repeated', async () => {
  await expect(find({ passwordCommand: `sh -c "echo hush; exit 3"` })).rejects.toMatchObject({
    code: 'PASSWORD_UNREADABLE',
    message: 'cannot obtain the password from --password-command: sh ended with exit code 3',
  })
  await expect(find({ passwordCommand: 'no-such-program-here' })).rejects.toMatchObject({ code: 'PASSWORD_UNREADABLE' })
})

test('an unreadable or empty file is refused', async () => {
  await expect(find({ passwordFile: join(folder, 'missing') })).rejects.toMatchObject({ code: 'PASSWORD_UNREADABLE' })
  await expect(find({ passwordFile: join(folder, 'empty') })).rejects.toMatchObject({ code: 'PASSWORD_UNREADABLE' })
})

test('contradicting options are refused', async () => {
  await expect(find({ passwordFile: 'a', passwordCommand: 'b' })).rejects.toMatchObject({ code: 'OPTIONS_CONFLICT' })
  await expect(find({ insecureNoPassword: true }, { HOLDFAST_PASSWORD: 'x' })).rejects.toMatchObject({
    code: 'OPTIONS_CONFLICT',
  })
  expect(await find({ insecureNoPassword: true })).toBe('')
})

test('nobody to ask and nothing given is an error', async () => {
  await expect(find({})).rejects.toMatchObject({ code: 'PASSWORD_MISSING' })
})

test('a new password is asked for twice and must be the same', async () => {
  const answers =
    (...given: string[]) =>
    async () =>
      given.shift() ?? ''
  expect(await find({}, {}, { ask: answers('a', 'a'), confirm: true })).toBe('a')
  await expect(find({}, {}, { ask: answers('a', 'b'), confirm: true })).rejects.toThrow('the two entries differ')
  await expect(find({}, {}, { ask: answers(''), confirm: true })).rejects.toMatchObject({ code: 'PASSWORD_MISSING' })
})

test('words are split as a shell would, without expanding anything', () => {
  expect(splitWords(`pass show "my repo" 'a "b"' c\\ d $HOME`, 'x')).toEqual([
    'pass',
    'show',
    'my repo',
    'a "b"',
    'c d',
    '$HOME',
  ])
  expect(() => splitWords('a "b', 'x')).toThrow('a quote is not closed')
})
