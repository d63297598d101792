import { sealOverheadBytes } from './seal-overhead.ts'
import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import { fastPoly1305 } from './fast-poly1305.ts'
import type { MasterKey } from './master-key.ts'

/** Encrypts with AES-256-CTR and authenticates the ciphertext with Poly1305-AES: IV ‖ ciphertext ‖ tag. */
export function seal(key: MasterKey, plaintext: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(plaintext.length + sealOverheadBytes)
  const iv = randomFillSync(sealed.subarray(0, 16))
  const ciphertext = sealed.subarray(16, 16 + plaintext.length)
  createCipheriv('aes-256-ctr', preparedFor(key).encrypt, iv).update(plaintext).copy(ciphertext)
  tagOf(key, iv, ciphertext).copy(sealed, 16 + plaintext.length)
  return sealed
}

/**
 * Checks and decrypts what `seal` made. `objectName` says in the error what was read: "index 1a2b3c4d".
 * @throws AppError REPOSITORY_DAMAGED when the bytes were altered or sealed with another key
 */
export function open(key: MasterKey, sealed: Uint8Array, objectName: string): Buffer {
  const plaintext = tryOpen(key, sealed)
  if (plaintext !== undefined) return plaintext
  const reason = sealed.length < sealOverheadBytes ? `only ${sealed.length} bytes are there` : 'its tag does not match'
  throw new AppError('REPOSITORY_DAMAGED', { object: objectName, reason })
}

/** Like `open`, for when a mismatch is an answer: which of several keys fits. */
export function tryOpen(key: MasterKey, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < sealOverheadBytes) return undefined
  const iv = sealed.subarray(0, 16)
  const ciphertext = sealed.subarray(16, sealed.length - 16)
  const tag = sealed.subarray(sealed.length - 16)
  // an all-zero vector comes from a broken writer, never from chance
  if (iv.every((byte) => byte === 0)) return undefined
  if (!timingSafeEqual(tagOf(key, iv, ciphertext), tag)) return undefined
  return createDecipheriv('aes-256-ctr', preparedFor(key).encrypt, iv).update(ciphertext)
}

function tagOf(key: MasterKey, iv: Uint8Array, ciphertext: Uint8Array): Buffer {
  return fastPoly1305(key.macR, preparedFor(key).oneTimeValue.update(iv), ciphertext)
}

interface PreparedKey {
  readonly encrypt: KeyObject
  /** one block of ECB is the AES permutation itself, which is what Poly1305-AES asks for */
  readonly oneTimeValue: Cipheriv
}

// Taking raw keys into OpenSSL costs more than sealing a small tree, so it is done once per key; forgotten with the key.
const preparedKeys = new WeakMap<MasterKey, PreparedKey>()

function preparedFor(key: MasterKey): PreparedKey {
  const known = preparedKeys.get(key)
  if (known !== undefined) return known
  const oneTimeValue = createCipheriv('aes-128-ecb', key.macK, null).setAutoPadding(false)
  const prepared = { encrypt: createSecretKey(key.encrypt), oneTimeValue }
  preparedKeys.set(key, prepared)
  return prepared
}
