import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliFixture, type CliRun, createCliFixture } from '../cli-fixture.ts'

const password = 'correct horse battery'
let cli: CliFixture

beforeAll(async () => {
  cli = await createCliFixture()
  await writeFile(
    join(cli.directory, 'holdfast.yaml'),
    'catalogue: { type: sqlite, path: ./catalogue.db }\nagents: { web-1: {} }\n',
  )
  await writeFile(join(cli.directory, 'user-password'), `${password}\n`)
})
afterAll(() => cli[Symbol.asyncDispose]())

function run(words: string, more: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  const variables = { HOLDFAST_CONFIG: join(cli.directory, 'holdfast.yaml'), ...more }
  return cli.run(words.split(' '), { variables })
}

test('users, tokens and agents are kept by the command line, and all of it is in the audit log', async () => {
  const given = { HOLDFAST_USER_PASSWORD: password }
  const fromFile = { HOLDFAST_USER_PASSWORD_FILE: join(cli.directory, 'user-password') }
  expect(await run('user add Alice --role admin', given)).toMatchObject({
    exitCode: 0,
    stdout: 'added user alice, admin\n',
  })
  expect(await run('user add bob', fromFile)).toMatchObject({ exitCode: 0 })
  expect(await run('user role bob operator')).toMatchObject({ exitCode: 0, stdout: 'user bob is operator\n' })
  expect(await run('user password bob', fromFile)).toMatchObject({ exitCode: 0 })
  const users = JSON.parse((await run('user list --json')).stdout)
  expect(users).toMatchObject([
    { name: 'alice', role: 'admin', signs_in: 'password' },
    { name: 'bob', role: 'operator' },
  ])
  const { stdout: secret } = await run('token add ci --role operator --source shop --expires 30d')
  expect(secret).toMatch(/^hf_[\w-]{43}\n$/)
  expect(JSON.parse((await run('token list --json')).stdout)).toMatchObject([
    { name: 'ci', role: 'operator', owner: null, sources: ['shop'], expires_at: expect.any(String), used_at: null },
  ])
  const listed = (await run('token list')).stdout
  expect(listed).toMatch(/^ci +operator +shop/m)
  expect(listed).not.toContain(secret.trim())
  expect(await run('token revoke ci')).toMatchObject({ exitCode: 0 })
  const { stdout: token } = await run('agent add web-1')
  expect(await run('agent remove web-1')).toMatchObject({ exitCode: 0 })
  expect(await run('agent remove web-2')).toMatchObject({ exitCode: 1 })
  expect(await run('user remove bob')).toMatchObject({ exitCode: 0 })
  const lastOne = await run('user remove alice')
  expect(lastOne).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('alice is the only admin') })

  const entries = JSON.parse((await run('audit list --json')).stdout)
  const acts = entries.map(({ act, subject, outcome }: Record<string, string>) => `${act} ${subject} ${outcome}`)
  expect(acts.toReversed()).toEqual([
    'user.add alice admin done',
    'user.add bob viewer done',
    'user.role bob operator done',
    'user.password bob done',
    'token.add ci operator done',
    'token.revoke ci done',
    'agent.add web-1 done',
    'agent.remove web-1 done',
    'agent.remove web-2 failed',
    'user.remove bob done',
    'user.remove alice failed',
  ])
  for (const hidden of [password, token.trim()]) expect(JSON.stringify(entries)).not.toContain(hidden)

  const whole = await run('audit verify')
  expect(whole).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('11 rows, none changed') })
  const head = /end of the chain: (\S+)/.exec(whole.stdout)?.[1] ?? ''
  expect(await run(`audit verify --head ${head}`)).toMatchObject({ exitCode: 0 })
  {
    using database = new DatabaseSync(join(cli.directory, 'catalogue.db'))
    database.exec("update audit set subject = 'bob viewer' where sequence = 3")
  }
  const broken = await run('audit verify')
  expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('row 3 is not what was written') })
})

test('a password that is missing, given twice or unfit is refused, and not repeated', async () => {
  const refused = async (more: Readonly<Record<string, string>>) => (await run('user add carol', more)).stderr
  expect(await refused({})).toContain('no password for user carol')
  const both = { HOLDFAST_USER_PASSWORD: password, HOLDFAST_USER_PASSWORD_FILE: '/x' }
  expect(await refused(both)).toContain('HOLDFAST_USER_PASSWORD')
  const short = await refused({ HOLDFAST_USER_PASSWORD: 'hunter2' })
  expect(short).toContain('fewer than 12 characters')
  expect(short).not.toContain('hunter2')
})

test('a server does not begin where others could listen to what is said', async () => {
  const open = join(cli.directory, 'open.yaml')
  await writeFile(
    open,
    'catalogue: { type: sqlite, path: ./open.db }\nserver: { listen: "0.0.0.0:0", auth: required }\n',
  )
  const refused = await run('serve', { HOLDFAST_CONFIG: open })
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('0.0.0.0:0 can be reached from other machines'),
  })
  expect(refused.stderr).toContain('server.behindProxy')
})
