import { argon2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hashPassword, matchesPassword } from './password.ts'

const password = 'correct horse battery'

describe('a password', () => {
  test('is kept as argon2id, with its cost and a nonce of its own', async () => {
    const [one, other] = [await hashPassword(password, 'alice'), await hashPassword(password, 'alice')]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(other).not.toBe(one)
    expect(await matchesPassword(password, one)).toBe(true)
    expect(await matchesPassword(`${password} `, one)).toBe(false)
    expect(await matchesPassword('', one)).toBe(false)
  })

  test('that was kept at another cost still matches', async () => {
    const nonce = Buffer.alloc(16, 7)
    const hash = argon2Sync('argon2id', {
      message: password,
      nonce,
      parallelism: 2,
      tagLength: 24,
      memory: 64,
      passes: 1,
    })
    const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '')
    const kept = `$argon2id$v=19$m=64,t=1,p=2$${encode(nonce)}$${encode(hash)}`
    expect(await matchesPassword(password, kept)).toBe(true)
    expect(await matchesPassword('another password', kept)).toBe(false)
  })

  test('is the same however its letters are put together', async () => {
    const hash = await hashPassword('caf\u00e9 au lait, bitte', 'alice')
    expect(await matchesPassword('cafe\u0301 au lait, bitte', hash)).toBe(true)
  })

  test('matches nothing where there is none, or what is kept is no hash, though as much work is done', async () => {
    for (const hash of [undefined, '', 'x', password, '$argon2id$v=19$m=64,t=1,p=1$$']) {
      const startedMs = performance.now()
      expect(await matchesPassword(password, hash)).toBe(false)
      expect(performance.now() - startedMs).toBeGreaterThan(5)
    }
  })

  test('is refused when it is short, endless, the name or a few letters', async () => {
    for (const unfit of ['elevenchars', 'x'.repeat(257), 'alice-alice-', 'Alice1234567', 'abababababababab', '']) {
      await expect(hashPassword(unfit, 'alice'), unfit).rejects.toMatchObject({ code: 'PASSWORD_UNFIT' })
    }
    for (const fit of ['twelve chars', 'alice has a very long one', '密码密码很长的密码是好的']) {
      expect(await hashPassword(fit, 'alice')).toContain('argon2id')
    }
  })
})
