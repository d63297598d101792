import { expect, test } from 'vitest'
import { strictTransport } from './strict-transport.ts'

const tls = { certificate: '/c.pem', key: '/k.pem' }

test('browsers are told to stay with HTTPS by a server that speaks it, on names that lead to it alone', () => {
  expect(strictTransport({ tls }, 'backup.example.org:8443')).toMatch(/^max-age=\d{8,}$/)
  expect(strictTransport({ tls }, 'backup.example.org')).toMatch(/^max-age=/)
  for (const host of ['localhost:8443', '127.0.0.1:8443', '[::1]:8443']) {
    expect([host, strictTransport({ tls }, host)]).toEqual([host, undefined])
  }
  expect(strictTransport({}, 'backup.example.org:8443')).toBeUndefined()
})
