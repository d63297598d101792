import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@holdfast/api/client'
import type { EventView } from '@holdfast/api/view/event-view'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ControlFixture, createControlFixture, type RunningServer } from './testing/control-fixture.ts'

let fixture: ControlFixture
let server: RunningServer
const stop = new AbortController()

beforeAll(async () => {
  fixture = await createControlFixture()
  await fixture.configure(`sources:
  shop: { type: files, paths: [${fixture.source}], tier: temporary, backup: '0 3 29 2 *' }
server: { listen: '127.0.0.1:0', discovery: 'off', reloadEvery: 1h }
`)
  server = await fixture.serve()
})
afterAll(async () => {
  stop.abort()
  await fixture[Symbol.asyncDispose]()
})

test('a backup is asked for, heard of until its end, and seen by the command line alike', async () => {
  const client = createClient({ baseUrl: server.address })
  const events = client.listen('events.stream', {}, { signal: stop.signal })[Symbol.asyncIterator]()
  const until = async (isWanted: (event: EventView) => boolean): Promise<EventView> => {
    for (;;) {
      const { value, done } = await events.next()
      if (done === true) throw new Error('the stream is over')
      if (isWanted(value.data)) return value.data
    }
  }
  await until(({ type }) => type === 'reset')
  const run = await client.call('runs.start', { body: { operation: 'backup', source: 'shop' } })
  const progress = await until((event) => event.type === 'run.progressed' && event.runId === run.id)
  expect(progress).toMatchObject({ operation: 'backup', source: 'shop', progress: { what: 'files' } })
  await until((event) => event.type === 'run.changed' && event.run.id === run.id && event.run.state === 'succeeded')
  const { source, held } = await client.call('sources.get', { params: { source: 'shop' } })
  expect(held).toMatchObject([{ repository: 'first', count: 1 }])
  const [status] = await fixture.ask(['status'])
  expect(status).toMatchObject({
    sources: [
      { name: 'shop', newest_restorable: source.newestRestorable, score: source.score, broken: source.isBroken },
    ],
  })
  const [shown] = await fixture.ask(['runs', 'show', run.id])
  expect(shown).toMatchObject({ state: 'succeeded', cause: { type: 'manual', by: 'local' } })
})

test('a configuration is read again when that is asked for, told of, and kept when it does not hold', async () => {
  const client = createClient({ baseUrl: server.address })
  const path = join(fixture.directory, 'holdfast.yaml')
  const text = await readFile(path, 'utf8')
  const events = client.listen('events.stream', {}, { signal: stop.signal })[Symbol.asyncIterator]()
  await events.next()
  expect(await client.call('configuration.reload')).toMatchObject({ outcome: 'unchanged' })
  await writeFile(path, text.replace('tier: temporary', 'tier: important, rpo: none'))
  const { outcome, digest } = await client.call('configuration.reload')
  expect(outcome).toBe('changed')
  for (;;) {
    const { data } = (await events.next()).value ?? {}
    if (data?.type !== 'config.reloaded') continue
    expect(data.digest).toBe(digest)
    break
  }
  await writeFile(path, `${text}sorces: {}\n`)
  await expect(client.call('configuration.reload')).rejects.toMatchObject({ code: 'CONFIG_INVALID', status: 409 })
  expect((await client.call('configuration.get')).digest).toBe(digest)
  const { problems } = await client.call('configuration.check', { body: { yaml: `${text}sorces: {}\n` } })
  expect(problems).toMatchObject([{ path: 'sorces', severity: 'error', line: expect.any(Number) }])
  await writeFile(path, text)
})
