import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'

const quietly = (directory: string) => [
  '--compose-in',
  join(directory, 'srv'),
  '--engine',
  join(directory, 'none.sock'),
]

test('setup writes a file that holds, with what was found, and a password; never over anything', async () => {
  await using cli = await createCliFixture()
  const { directory } = cli
  await mkdir(join(directory, 'srv'))
  const compose = 'services:\n  shop: { image: "postgres:17", ports: ["5999:5432"] }\n'
  await writeFile(join(directory, 'srv', 'compose.yaml'), compose)
  const file = join(directory, 'etc', 'holdfast.yaml')
  const setup = ['-r', cli.repository, 'setup', '--output', file, ...quietly(directory)]

  const first = await cli.run(setup)
  expect(first.stderr).toBe('')
  expect(first.exitCode).toBe(0)
  expect(first.stdout).toContain(`wrote ${file}`)
  const text = await readFile(file, 'utf8')
  expect(text).toContain('postgresql://holdfast@127.0.0.1:5999/postgres')
  expect(text).toContain('has no volume for the data of postgresql')
  const password = join(directory, 'etc', 'holdfast-password')
  expect((await stat(password)).mode & 0o777).toBe(0o600)
  expect((await readFile(password, 'utf8')).trim()).toHaveLength(32)
  expect(text).not.toContain((await readFile(password, 'utf8')).trim())

  const init = await cli.run(['--config', file, 'init', '--configured'])
  expect(init.exitCode).toBe(0)
  const check = await cli.run(['--config', file, 'config', 'check', '--secrets', '--repositories'])
  expect(check.stdout).toMatch(/holds: \d+ sources?, 1 repository/)
  expect(check.exitCode).toBe(0)

  const second = await cli.run(setup)
  expect(second.exitCode).toBe(1)
  expect(second.stderr).toContain(`${file} exists already`)
  expect(await readFile(file, 'utf8')).toBe(text)

  const nowhere = await cli.run(['setup', '--output', join(cli.source, 'file', 'x.yaml'), ...quietly(directory)])
  expect(nowhere.exitCode).toBe(1)
  expect(nowhere.stderr).toMatch(/x\.yaml cannot be written|holdfast-password cannot be written/)

  const discovered = await cli.run(['--config', file, 'discover', '--json', ...quietly(directory)])
  const messages = discovered.stdout
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
  expect(messages).toContainEqual(
    expect.objectContaining({ message_type: 'service', name: 'shop', protectedBy: 'shop' }),
  )
  expect(messages).toContainEqual(
    expect.objectContaining({ message_type: 'hazard', kind: 'no-volume', severity: 'critical' }),
  )
  // the container without a volume stays dangerous
  expect(discovered.exitCode).toBe(3)
})
