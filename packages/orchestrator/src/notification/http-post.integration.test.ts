import { quietContext } from '@holdfast/core/context'
import { describe, expect, it } from 'vitest'
import { httpPost } from './http-post.ts'
import { startReceiver } from './testing/receiver.ts'

const post = (url: string, ctx = quietContext()) => httpPost({ channel: 'chat', url, body: '{}' }, ctx)
const failure = (url: string, ctx = quietContext()) => post(url, ctx).catch((error: unknown) => error)

describe('a message by HTTP', () => {
  it.each([
    [500, 'CHANNEL_UNREACHABLE', true],
    [429, 'CHANNEL_UNREACHABLE', true],
    [404, 'CHANNEL_REFUSED', false],
    [403, 'CHANNEL_REFUSED', false],
  ])('that is answered with %i fails with %s', async (status, code, retryable) => {
    await using server = await startReceiver(() => ({ status, body: 'no\n service' }))
    const error = await failure(server.url)
    expect(error).toMatchObject({
      code,
      retryable,
      message: expect.stringContaining(`it answered ${status}: no service`),
    })
  })

  it('does not follow to a place that nobody configured', async () => {
    await using other = await startReceiver()
    await using server = await startReceiver(() => ({ status: 307, headers: { location: other.url } }))
    expect(await failure(server.url)).toMatchObject({ code: 'CHANNEL_REFUSED' })
    expect(other.received).toEqual([])
  })

  it('to nobody may pass, and the error does not name the address', async () => {
    const server = await startReceiver()
    const url = `${server.url}/services/T0/secret-token-of-the-webhook`
    await server[Symbol.asyncDispose]()
    const error = await failure(url)
    expect(error).toMatchObject({ code: 'CHANNEL_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
    expect(JSON.stringify([error, String(error), (error as Error).stack, (error as Error).cause])).not.toContain(
      'secret',
    )
  })

  it('hides an address that the answer repeats', async () => {
    await using server = await startReceiver(({ path }) => ({
      status: 404,
      body: `nothing at ${path} for secret-token-abc`,
    }))
    const error = await failure(`${server.url}/services/secret-token-abc`)
    expect(String(error)).toContain('nothing at *** for ***')
  })

  it.each(['not an address', 'ftp://host/x', ''])('to %j is refused without repeating it', async (url) => {
    const error = await failure(url)
    expect(error).toMatchObject({
      code: 'CHANNEL_REFUSED',
      message: expect.stringContaining('not an http or https URL'),
    })
  })

  it('to a receiver that never answers has failed after the time limit', async () => {
    await using server = await startReceiver(() => undefined)
    const sending = httpPost({ channel: 'chat', url: server.url, body: '{}', timeoutMs: 200 }, quietContext())
    await expect(sending).rejects.toMatchObject({
      code: 'CHANNEL_UNREACHABLE',
      message: expect.stringContaining('no answer within 0.2 s'),
    })
  })

  it('ends when it is interrupted, though the receiver never answers', async () => {
    await using server = await startReceiver(() => undefined)
    const stop = new AbortController()
    const sending = failure(server.url, quietContext({ signal: stop.signal }))
    setTimeout(() => stop.abort(new Error('stopped')), 30)
    expect(String(await sending)).toContain('stopped')
  })
})
