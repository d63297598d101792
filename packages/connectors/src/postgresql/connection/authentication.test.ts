import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { startFakeServer } from '../testing/fake-server.ts'
import { Authentication } from './authentication.ts'
import { MessageChannel } from './message-channel.ts'

it('sends a password in clear only where nobody else can see it', async () => {
  await using server = await startFakeServer(() => {})
  const socket = connect(server.port, '127.0.0.1')
  const channel = new MessageChannel(socket, { host: 'db1:5432', silenceLimitMs: 0 })
  const credentials = {
    host: 'db1:5432',
    user: 'backup',
    password: 'secret',
    passwordLine: '',
    channelBinding: 'prefer',
  } as const
  const askForPassword = Buffer.from([0, 0, 0, 3])
  await expect(
    new Authentication(channel, { ...credentials, isPrivate: false }).take(askForPassword),
  ).rejects.toMatchObject({
    code: 'POSTGRES_AUTHENTICATION_UNSUPPORTED',
    message: expect.stringContaining('sslmode=require'),
  })
  expect(server.received()).toHaveLength(0)
  expect(await new Authentication(channel, { ...credentials, isPrivate: true }).take(askForPassword)).toBe(false)
  await expect.poll(() => server.received().toString('latin1')).toContain('secret')
  await channel.close(undefined)
})
