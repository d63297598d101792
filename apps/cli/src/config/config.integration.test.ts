import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, password } from '../cli-fixture.ts'

let cli: CliFixture
beforeAll(async () => {
  cli = await createCliFixture()
  await cli.init()
  await write('password', `${password}\n`)
  await write('wrong', 'canary\n')
})
afterAll(() => cli[Symbol.asyncDispose]())

async function write(name: string, content: string): Promise<void> {
  await writeFile(join(cli.directory, name), content)
  await chmod(join(cli.directory, name), 0o600)
}

/** `holdfast config …` on a holdfast.yaml in the directory that it is run in. */
async function config(text: string, ...words: string[]) {
  await write('holdfast.yaml', text)
  return await cli.run(['config', ...words])
}

const near = 'repositories:\n  near: { location: repository, password: { file: password } }\n'
const www = 'sources:\n  www: { type: files, paths: [/srv/www] }\n'

describe('config check', () => {
  test('says what holds, and ends with 0', async () => {
    const { stdout, stderr, exitCode } = await config(near + www, 'check', '--repositories')
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: `${join(cli.directory, 'holdfast.yaml')} holds: 1 source, 1 repository, 3 tiers\n`,
      stderr: '',
      exitCode: 0,
    })
  })

  test('names every problem in one block, and ends with 1', async () => {
    const { stdout, exitCode } = await config(
      `${near}sources:\n  www: { type: files, pats: [/x], tier: gold }\n`,
      'check',
    )
    expect(exitCode).toBe(1)
    expect(stdout.replaceAll(`${cli.directory}/`, '').split('\n')).toEqual([
      'holdfast.yaml:4:3 sources.www.paths: is missing',
      'holdfast.yaml:4:23 sources.www.pats: is no setting; did you mean paths?',
      'holdfast.yaml:4:41 sources.www.tier: there is no tier "gold"',
      'holdfast.yaml has 3 errors; a running server keeps what it has',
      '',
    ])
  })

  test('names secrets that are not there, repositories that cannot be opened, and never a secret', async () => {
    const repositories = `repositories:
  wrong: { location: repository, password: { file: wrong } }
  none: { location: nowhere, password: { file: password } }
  unset: { location: other, password: { env: NOT_SET } }
  failing: { location: another, password: { command: [sh, -c, 'echo canary; exit 9'] } }
`
    const all = await config(repositories, 'check', '--secrets', '--repositories')
    expect(all.exitCode).toBe(1)
    expect(all.stdout).toContain('repositories.unset.password: the secret from the variable NOT_SET is not there')
    expect(all.stdout).toContain(
      'repositories.failing.password: the secret from the command sh could not be had: it ended with exit code 9',
    )
    expect(all.stdout).toContain('repositories.wrong: cannot be opened: wrong password')
    expect(all.stdout).toContain('repositories.none: cannot be opened: there is no repository')
    const without = await config(repositories, 'check', '--without-secrets')
    expect(without.exitCode).toBe(0)
    const json = await config(repositories, 'check', '--secrets', '--json')
    const summary: unknown = JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')
    expect(summary).toMatchObject({ message_type: 'summary', errors: 2, repositories: 4 })
    expect(all.stdout + all.stderr + json.stdout).not.toContain('canary')
  })
})

test('config show and config explain say what holds and why', async () => {
  const show = await config(near + www, 'show')
  expect(show.stdout).toMatch(/sources:\n {2}www:\n/)
  expect(show.stdout).toContain(`file: ${join(cli.directory, 'password')}`)
  const explain = await config(near + www, 'explain', 'sources.www.rpo')
  expect(explain.stdout).toMatch(/sources\.www\.rpo +"24h" +tier important \(built in\)/)
  const json = await config(near + www, 'explain', 'repositories.near.location', '--json')
  expect(JSON.parse(json.stdout)).toEqual({
    message_type: 'setting',
    path: 'repositories.near.location',
    value: join(cli.directory, 'repository'),
    origin: { from: 'repository', name: 'near', file: join(cli.directory, 'holdfast.yaml'), line: 2 },
  })
})

test('a configuration that is named by the environment is found; one that is not there is said', async () => {
  await write('other.yaml', near)
  const found = await cli.run(['config', 'check'], { variables: { HOLDFAST_CONFIG: 'other.yaml' } })
  expect(found.stdout).toContain('other.yaml holds: 0 sources')
  const missing = await cli.run(['--config', 'none.yaml', 'config', 'show'])
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toContain('none.yaml does not exist')
})
