import { expect, it } from 'vitest'
import { MalformedMessage } from './message-reader.ts'
import { preparePassword } from './prepare-password.ts'
import { ScramExchange } from './scram.ts'

const nonce = 'rOprNGfwEbeRWgbNEkqO'
const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'

// The exchange of RFC 7677, section 3, with the empty user name that PostgreSQL's clients send; computed with Python's hashlib.
it('computes the proof and recognises the server that knows the password', async () => {
  const exchange = new ScramExchange('pencil', 'none', nonce)
  expect(exchange.firstMessage()).toBe(`n,,n=,r=${nonce}`)
  expect(await exchange.finalMessage(challenge)).toBe(
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=',
  )
  expect(exchange.provesServer('v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=')).toBe(true)
  expect(exchange.provesServer('v=AAAA')).toBe(false)
  expect(exchange.provesServer('e=other-error')).toBe(false)
})

it('says whether it could have been bound to TLS', () => {
  expect(new ScramExchange('x', 'unused', nonce).firstMessage()).toMatch(/^y,,/)
  const bound = new ScramExchange('x', { endPoint: Buffer.from('hash') }, nonce)
  expect(bound.mechanism).toBe('SCRAM-SHA-256-PLUS')
  expect(bound.firstMessage()).toMatch(/^p=tls-server-end-point,,/)
})

it.each([
  ['another nonce', 'r=elsewhere,s=W22Z,i=4096'],
  ['a nonce without the part of the server', `r=${nonce},s=W22Z,i=4096`],
  ['no salt', `r=${nonce}x,i=4096`],
  ['no iterations', `r=${nonce}x,s=W22Z`],
  ['zero iterations', `r=${nonce}x,s=W22Z,i=0`],
  ['iterations that would take minutes', `r=${nonce}x,s=W22Z,i=2000000000`],
  ['an error', 'e=no-resources'],
])('refuses a challenge with %s', async (_what, text) => {
  await expect(new ScramExchange('pencil', 'none', nonce).finalMessage(text)).rejects.toThrow(MalformedMessage)
})

it('makes the same of a password however it was composed', () => {
  expect(preparePassword('I\u00ADX')).toBe('IX')
  expect(preparePassword('\u00AA')).toBe('a')
  expect(preparePassword('\u2168')).toBe('IX')
  expect(preparePassword('비밀'.normalize('NFD'))).toBe('비밀')
  expect(preparePassword('a\u00A0b')).toBe('a b')
})

it('takes a password that SASLprep refuses as it is', () => {
  expect(preparePassword('\u0007')).toBe('\u0007')
  expect(preparePassword('\u2168\u0007')).toBe('\u2168\u0007')
})
