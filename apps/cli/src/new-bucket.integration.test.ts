/** From nothing to a restored backup on a real S3 server, through the command line. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CephServer, startCephServer } from '@holdfast/storage/s3/testing/ceph-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCliFixture } from './cli-fixture.ts'

let server: CephServer

beforeAll(async () => {
  server = await startCephServer()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

/** The command line with a repository in a bucket that nobody has made. */
async function createFixtureOn(bucket: string) {
  const fixture = await createCliFixture()
  const variables = {
    HOLDFAST_REPOSITORY: `s3:${server.endpoint}/${bucket}/some/place`,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  }
  return {
    directory: fixture.directory,
    source: fixture.source,
    run: (words: readonly string[], others: Readonly<Record<string, string>> = {}) =>
      fixture.run(words, { variables: { ...variables, ...others } }),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

test('init makes the bucket; what is backed up there is checked and comes back', async () => {
  await using fixture = await createFixtureOn('brand-new')
  const target = join(fixture.directory, 'target')
  const commands = [
    ['init'],
    ['backup', fixture.source],
    ['check', '--read-data'],
    ['restore', 'latest', '--target', target],
  ]
  for (const words of commands) {
    const { exitCode, stderr } = await fixture.run(words)
    expect([words[0], exitCode, stderr]).toEqual([words[0], 0, expect.not.stringContaining('hint:')])
  }
  expect(await readFile(join(target, fixture.source, 'inner', 'other'), 'utf8')).toBe('more content')
  expect(await fixture.run(['init'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('already holds a repository (config)'),
  })
})

describe('in a bucket that does not exist', () => {
  test.each([
    ['backup', 'source'],
    ['cat', 'config'],
    ['check'],
    ['copy', '--from-repo', 'elsewhere'],
    ['diff', 'latest', 'latest'],
    ['dump', 'latest', '/file'],
    ['find', 'file'],
    ['forget', '--keep-last', '1', '--prune'],
    ['init', '--copy-chunker-params', '--from-repo', 'elsewhere'],
    ['key', 'list'],
    ['ls', 'latest'],
    ['prune'],
    ['repair', 'index'],
    ['restore', 'latest', '--target', 'target'],
    ['snapshots'],
    ['stats'],
    ['tag', '--add', 'x'],
    ['unlock'],
  ])('%s says that there is no repository', async (...words) => {
    await using fixture = await createFixtureOn('never-made')
    const elsewhere = `s3:${server.endpoint}/never-made-either`
    const { exitCode, stderr } = await fixture.run(words.map((word) => (word === 'elsewhere' ? elsewhere : word)))
    expect(stderr).toContain(`there is no repository at s3:${server.endpoint}/never-made`)
    expect(exitCode).toBe(10)
  })

  test.each([
    ['init', 'AWS_SECRET_ACCESS_KEY', 'wrong', 'access denied'],
    ['snapshots', 'AWS_SECRET_ACCESS_KEY', 'wrong', 'the secret access key is wrong'],
    ['snapshots', 'AWS_ACCESS_KEY_ID', 'NOBODY', 'the access key is not known'],
    ['snapshots', 'AWS_SECRET_ACCESS_KEY', '', 'no credentials were given; set AWS_SECRET_ACCESS_KEY'],
  ])('%s with a bad %s (%j) is told that instead', async (command, name, value, message) => {
    await using fixture = await createFixtureOn('never-made')
    const { exitCode, stderr } = await fixture.run([command], { [name]: value })
    expect(stderr).toContain(message)
    expect(exitCode).toBe(1)
  })
})
