import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGatewayRepositories } from './gateway-repositories.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-served-'))
const location = join(directory, 'near')
const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const
// boundary: the rest of a machine is for other kinds of repository
const machine = { variable: () => undefined, resolveSecret: async () => 'password' } as unknown as Machine
const configured = () => effectiveConfigOf({ repositories: { near: { location, password: { env: 'PW' } } } })

beforeAll(() => initRepository(createLocalBackend(location), 'password', cheapKey, quietContext()))
afterAll(() => rmSync(directory, { recursive: true }))

test('a repository that cannot be left in order is told of, and the one opened instead of it works', async () => {
  const events: Event[] = []
  let config = configured()
  const ctx = quietContext({ emit: (event) => void events.push(event) })
  await using repositories = createGatewayRepositories(() => config, machine, ctx)
  const spool = dirname(await repositories.use('near', (served) => served.spoolPath()))
  // what lies in it cannot be removed any more
  await rm(dirname(spool), { recursive: true })
  await writeFile(dirname(spool), 'no directory')
  config = configured()
  expect(await repositories.use('near', async ({ name }) => name)).toBe('near')
  await expect
    .poll(() => events)
    .toMatchObject([
      {
        type: 'message.noted',
        level: 'warning',
        message: expect.stringContaining('repository near was not left in order'),
      },
    ])
  await rm(dirname(spool), { force: true })
})
