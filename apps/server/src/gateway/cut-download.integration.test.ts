import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createGatewayFixture, type GatewayFixture } from './testing/gateway-fixture.ts'

const name = 'ab'.repeat(32)
const wholeBytes = 64 << 20

async function ask(fixture: GatewayFixture): Promise<IncomingMessage> {
  const auth = `web:${fixture.secrets.web}`
  return await new Promise((resolve, reject) => {
    get(`${fixture.origin}/gateway/shared/data/${name}`, { auth }, resolve).once('error', reject)
  })
}

const ended = (reply: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    reply.once('error', ({ message }) => resolve(message))
    reply.once('end', () => resolve('whole'))
    reply.resume()
  })

test('a download that the store breaks off is cut, and the log of the server says why; one that the client leaves is not', async () => {
  await using fixture = await createGatewayFixture()
  const path = join(fixture.repositoryPath('shared'), 'data', name.slice(0, 2), name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  await truncate(path, wholeBytes)
  const left = await ask(fixture)
  left.once('error', () => {})
  left.destroy()
  const reply = await ask(fixture)
  expect(reply.statusCode).toBe(200)
  // more of it than any buffer holds has not been read yet
  await truncate(path, 1 << 20)
  expect(await ended(reply)).not.toBe('whole')
  await expect.poll(() => fixture.log()).toMatch(/the gateway could not answer/)
  expect(fixture.log().split('the gateway could not answer')).toHaveLength(2)
})
