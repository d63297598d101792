import { expect, test } from 'vitest'
import { readCookie, writeCookie } from './cookie.ts'

test('a cookie is found by its whole name, and only when it can be one of ours', () => {
  const header = 'xholdfast_session=no; holdfast_session=yes-1_2.3; other=holdfast_session'
  expect(readCookie(header, 'holdfast_session')).toBe('yes-1_2.3')
  for (const text of [
    undefined,
    '',
    'holdfast_session',
    'holdfast_session=',
    'holdfast_session=a"b',
    'Holdfast_Session=a',
  ]) {
    expect(readCookie(text, 'holdfast_session'), text).toBeUndefined()
  }
})

test('no script reads it, and it is sent over TLS alone where there is TLS', () => {
  const options = { isSecure: true, maxAgeSeconds: 60, sameSite: 'Strict', path: '/' } as const
  expect(writeCookie('a', 'b', options)).toBe('a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure')
  expect(writeCookie('a', 'b', { ...options, isSecure: false })).not.toContain('Secure')
})
