import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { apparentRequest, clientOf } from './apparent-request.ts'

const seen = (headers: Readonly<Record<string, string>>, behindProxy: boolean) =>
  apparentRequest({ headers, raw: { socket: new Socket() } }, behindProxy)

test('what a client says of itself is believed of a proxy alone', () => {
  const headers = { host: 'a:1', 'x-forwarded-host': 'B', 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.2.3.4' }
  expect(seen(headers, false)).toEqual({ address: '', host: 'a:1', origin: 'http://a:1', isSecure: false })
  expect(seen(headers, true)).toEqual({ address: '1.2.3.4', host: 'b', origin: 'https://b', isSecure: true })
})

test('a proxy adds itself at the end: what stands before is the word of the client', () => {
  const headers = { host: 'a', 'x-forwarded-for': '6.6.6.6, 1.2.3.4', 'x-forwarded-proto': 'http, https' }
  expect(seen(headers, true)).toMatchObject({ address: '1.2.3.4', origin: 'https://a' })
})

test('all addresses of one IPv6 network are one client', () => {
  expect(clientOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(clientOf('2001:db8::7')).toBe('2001:db8:0:0::/64')
  expect(clientOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  expect(clientOf('::ffff:10.1.2.3')).toBe('10.1.2.3')
  for (const same of ['10.1.2.3', '10.1.2.3:4567', '[::ffff:10.1.2.3]:80']) expect(clientOf(same)).toBe('10.1.2.3')
  expect(clientOf('[2001:db8:1:2::7]:443')).toBe('2001:db8:1:2::/64')
  // what is no address must at least do no harm
  expect(clientOf('1:2:3:4:5:6:7:8:9:10::')).toBe('1:2:3:4::/64')
})
