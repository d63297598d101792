import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { expect, test } from 'vitest'
import { isLoopbackName, opennessOf } from './openness.ts'

const openness = (server: Parameters<typeof effectiveConfigOf>[0]) => opennessOf(effectiveConfigOf({ server }).server)
const tls = { certificate: '/c.pem', key: '/k.pem' }

test('nobody has to sign in only where nobody but this machine can ask', () => {
  expect(openness({})).toBe('open')
  expect(openness({ listen: '[::1]:8090', tls })).toBe('open')
  expect(openness({ listen: 'localhost:8090' })).toBe('open')
  expect(openness({ auth: 'required' })).toBe('closed')
  // a proxy on this machine lets the world in
  expect(openness({ behindProxy: true })).toBe('closed')
  expect(openness({ listen: '0.0.0.0:8090', behindProxy: true })).toBe('closed')
  expect(openness({ listen: '0.0.0.0:8090', tls })).toBe('closed')
})

test('passwords are not said aloud on a network', () => {
  for (const listen of ['0.0.0.0:8090', '[::]:8090', '10.1.2.3:80', 'backup.example:8090', '[::ffff:10.0.0.1]:1']) {
    expect(() => openness({ listen, auth: 'required' }), listen).toThrow(/can be reached from other machines/)
  }
})

test('names and addresses of this machine are known in every form', () => {
  for (const name of ['127.0.0.1', '127.255.0.9', '::1', '[::1]', '::ffff:127.0.0.1', 'LOCALHOST', 'a.localhost']) {
    expect(isLoopbackName(name), name).toBe(true)
  }
  for (const name of ['0.0.0.0', '::', '128.0.0.1', '127.0.0.1.evil.example', 'localhost.example', '127.1', '']) {
    expect(isLoopbackName(name), name).toBe(false)
  }
})
