/**
 * The hash of a server's certificate that binds a login to its TLS connection (RFC 5929, tls-server-end-point): with the
 * hash algorithm of the certificate's signature, SHA-256 in place of MD5 and SHA-1.
 */
import { createHash } from 'node:crypto'

/** Object identifiers of signature and hash algorithms, in hex as they lie in the certificate. */
const hashOf: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSA
  '2a864886f70d010105': 'sha256', // sha1WithRSA
  '2a864886f70d01010b': 'sha256', // sha256WithRSA
  '2a864886f70d01010c': 'sha384', // sha384WithRSA
  '2a864886f70d01010d': 'sha512', // sha512WithRSA
  '2a864886f70d01010e': 'sha224', // sha224WithRSA
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224', // ecdsa-with-SHA224
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
}
const rsaPss = '2a864886f70d01010a'
const pssHashOf: Readonly<Record<string, string>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
  '608648016503040204': 'sha224',
  '2b0e03021a': 'sha256', // sha1
}

/** Undefined when the signature has no hash of its own (Ed25519), or is unknown: then nothing can be bound to it. */
export function certificateHash(der: Buffer): Buffer | undefined {
  const algorithm = signatureHash(der)
  return algorithm === undefined ? undefined : createHash(algorithm).update(der).digest()
}

function signatureHash(der: Buffer): string | undefined {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { identifier, parameters }, signature }
  const certificate = element(der)
  const signed = certificate && element(certificate.content)
  const algorithm = signed && element(signed.rest)
  const identifier = algorithm && element(algorithm.content)
  if (identifier === undefined) return undefined
  const name = identifier.content.toString('hex')
  return name === rsaPss ? pssHash(identifier.rest) : hashOf[name]
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] SEQUENCE { identifier … } DEFAULT sha1, … } */
function pssHash(parameters: Buffer): string | undefined {
  const sequence = element(parameters)
  const first = sequence && element(sequence.content)
  if (first?.tag !== 0xa0) return 'sha256'
  const identifier = element(element(first.content)?.content ?? Buffer.alloc(0))
  return identifier && pssHashOf[identifier.content.toString('hex')]
}

/** One DER element at the beginning of the bytes, and what follows it; undefined when it is cut off. */
function element(bytes: Buffer): { tag: number; content: Buffer; rest: Buffer } | undefined {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) return undefined
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) return undefined
  const length = lengthBytes === 0 ? first & 0x7f : bytes.readUIntBE(2, lengthBytes)
  const start = 2 + lengthBytes
  if (bytes.length < start + length) return undefined
  return { tag, content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) }
}
