/** A repository whose packs of file data lie in an archive, through the command line. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { createS3Backend } from '@holdfast/storage/s3/s3-backend'
import { type ArchiveServer, startArchiveServer } from '@holdfast/storage/s3/archive-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, password } from '../cli-fixture.ts'

let server: ArchiveServer
let fixture: CliFixture
const picture = randomBytes(100_000)

beforeAll(async () => {
  server = await startArchiveServer()
  fixture = await createCliFixture()
  const location = { kind: 's3', endpoint: server.endpoint, bucket: 'bucket', prefix: 'place' } as const
  await using backend = createS3Backend({ location, accessKeyId: 'key', secretAccessKey: 'secret' })
  const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const
  await initRepository(backend, password, cheapKey, quietContext())
})
afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const cli = (...words: string[]) =>
  fixture.run(['-o', 's3.storage-class=DEEP_ARCHIVE', ...words], {
    variables: {
      HOLDFAST_REPOSITORY: `s3:${server.endpoint}/bucket/place`,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
  })

test('a restore says what is archived, asks for it, and succeeds when it is there', async () => {
  await writeFile(join(fixture.source, 'picture'), picture)
  const target = join(fixture.directory, 'target')
  const restore = ['restore', 'latest', '--target', target]
  expect(await cli('backup', fixture.source)).toMatchObject({ exitCode: 0 })
  expect(server.keysOf('DEEP_ARCHIVE')).toHaveLength(1)

  const refused = await cli(...restore)
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('1 pack (') })
  expect(refused.stderr).toContain('in DEEP_ARCHIVE')
  expect(refused.stderr).toContain('up to 12 h, with --archive-tier bulk up to 48 h')
  expect(existsSync(target)).toBe(false)
  expect((await cli(...restore, '--dry-run')).stdout).toContain('archived: 1 pack')

  const asked = await cli(...restore, '--request-archived', '--archive-tier', 'bulk', '--archive-days', '5', '--json')
  expect(asked).toMatchObject({ exitCode: 0 })
  const message = asked.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .find(({ message_type }) => message_type === 'archived')
  expect(message).toMatchObject({ packs: 1, requested: 1, complete: true })
  const waitMs = Date.parse(String(message?.['ready_at'])) - Date.now()
  expect(waitMs / 3_600_000).toBeCloseTo(48, 1)
  expect(server.requests[0]?.body).toContain('<Days>5</Days>')
  expect((await cli(...restore, '--request-archived')).stdout).toContain('1 of them on the way back\nasked for 0 packs')
  expect((await cli(...restore)).stderr).toContain('on the way back')

  server.deliver()
  expect(await cli(...restore, '--request-archived')).toMatchObject({ exitCode: 0 })
  expect((await readFile(join(target, fixture.source, 'picture'))).equals(picture)).toBe(true)
  expect(server.requests).toHaveLength(1)
})

test('a check reads what it can and says how many packs it could not read; a prune leaves them where they are', async () => {
  server.transition((key) => server.keysOf('DEEP_ARCHIVE').includes(key), 'DEEP_ARCHIVE')
  const checked = await cli('check', '--read-data')
  expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 pack in an archive of the store') })
  expect(checked.stdout).toContain('no errors were found')

  await writeFile(join(fixture.source, 'picture'), 'gone')
  expect(await cli('backup', fixture.source)).toMatchObject({ exitCode: 0 })
  expect(await cli('forget', '--keep-last', '1', '--prune', '--max-unused', '0')).toMatchObject({ exitCode: 0 })
  expect(server.requests).toHaveLength(1)
})

test('where a rule has archived directories too, it says that more may be needed then', async () => {
  server.transition((key) => key.startsWith('place/data/'), 'GLACIER')
  const asked = await cli(
    '--no-cache',
    'restore',
    'latest',
    '--target',
    join(fixture.directory, 'x'),
    '--request-archived',
  )
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('more may have to be asked for then') })
  const checked = await cli('check')
  expect(checked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is archived in GLACIER') })
})
