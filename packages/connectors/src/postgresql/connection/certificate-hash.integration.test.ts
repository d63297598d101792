import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { certificateHash } from './certificate-hash.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-certificate-'))
afterAll(() => rmSync(directory, { recursive: true }))

function certificate(...args: readonly string[]): Buffer {
  const file = join(directory, 'x.crt')
  const fixed = [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=x',
    '-keyout',
    join(directory, 'x.key'),
    '-out',
    file,
  ]
  execFileSync('openssl', [...fixed, ...args], { stdio: 'ignore' })
  return new X509Certificate(readFileSync(file)).raw
}

const rsa = ['-newkey', 'rsa:2048']
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']

it.each([
  ['RSA and SHA-256', 'sha256', [...rsa, '-sha256']],
  ['RSA and SHA-512', 'sha512', [...rsa, '-sha512']],
  ['RSA and SHA-1, for which SHA-256 stands in', 'sha256', [...rsa, '-sha1']],
  ['RSA-PSS and SHA-384', 'sha384', [...rsa, '-sha384', '-sigopt', 'rsa_padding_mode:pss']],
  ['ECDSA and SHA-384', 'sha384', [...curve, '-sha384']],
] as const)('follows the signature: %s', (_what, algorithm, args) => {
  const der = certificate(...args)
  expect(certificateHash(der)).toEqual(createHash(algorithm).update(der).digest())
})

it('is none for signatures without a hash of their own, and for what is no certificate', () => {
  expect(certificateHash(certificate('-newkey', 'ed25519'))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      certificateHash(Buffer.from(bytes))
    }),
    { seed: 7 },
  )
})
