import { hash, randomBytes } from 'node:crypto'
import { AppError } from '@holdfast/core/errors/app-error'
import { scrypt, type ScryptCost } from '../scrypt/scrypt.ts'
import { seal, tryOpen } from './crypto.ts'
import { JsonFields } from './json-fields.ts'
import { jsonString } from './json-string.ts'
import type { MasterKey } from './master-key.ts'
import { formatTimestamp } from './timestamp.ts'

export interface KeyFile extends ScryptCost {
  /** RFC 3339 */
  readonly created: string
  readonly username: string
  readonly hostname: string
  readonly salt: Buffer
  /** the sealed master key */
  readonly data: Buffer
}

/** The least that OWASP's Password Storage Cheat Sheet accepts for scrypt at this N and r, and what restic chooses on slower machines. */
const newKeyCost: ScryptCost = { N: 32768, r: 8, p: 3 }
// A planted key file must not be able to exhaust the machine: at most 1 GiB, and over 40 times the cost of a new key.
const maxMemoryBytes = 2 ** 30
const maxWork = 2 ** 25
const maxKeyFileBytes = 64 << 10

/** Wraps the master key for a password. `name` is the SHA-256 of `bytes`, in hex. Takes about half a second. */
export async function createKeyFile(
  password: string,
  master: MasterKey,
  identity: { readonly username: string; readonly hostname: string },
  now: Date,
  cost: ScryptCost = newKeyCost,
): Promise<{ name: string; bytes: Buffer }> {
  const salt = randomBytes(64)
  const userKey = await deriveUserKey(password, salt, cost)
  const data = seal(userKey, Buffer.from(encodeMasterKey(master)))
  const fields = [
    `"created":"${formatTimestamp(BigInt(now.getTime()) * 1_000_000n)}"`,
    `"username":${jsonString(identity.username)}`,
    `"hostname":${jsonString(identity.hostname)}`,
    `"kdf":"scrypt","N":${cost.N},"r":${cost.r},"p":${cost.p}`,
    `"salt":"${salt.toString('base64')}"`,
    `"data":"${data.toString('base64')}"`,
  ]
  const bytes = Buffer.from(`{${fields.join(',')}}`)
  return { name: hash('sha256', bytes, 'hex'), bytes }
}

/** @throws AppError REPOSITORY_DAMAGED, also for costs that no honest writer chooses */
export function parseKeyFile(bytes: Uint8Array, objectName = 'key file'): KeyFile {
  const fields = JsonFields.parse(bytes.subarray(0, maxKeyFileBytes), objectName)
  const kdf = fields.text('kdf')
  if (kdf !== 'scrypt') throw fields.damaged(`its key derivation is ${JSON.stringify(kdf)}, not scrypt`)
  const cost = { N: fields.integer('N'), r: fields.integer('r'), p: fields.integer('p') }
  if (!isBearable(cost)) throw fields.damaged(`its cost N=${cost.N} r=${cost.r} p=${cost.p} is out of bounds`)
  return {
    created: fields.text('created'),
    username: fields.text('username'),
    hostname: fields.text('hostname'),
    ...cost,
    salt: fields.bytes('salt'),
    data: fields.bytes('data'),
  }
}

/**
 * The master key in a key file, or undefined when the password is not the one it was made with.
 * @throws AppError REPOSITORY_DAMAGED
 */
export async function openKeyFile(
  bytes: Uint8Array,
  password: string,
  objectName = 'key file',
): Promise<MasterKey | undefined> {
  const file = parseKeyFile(bytes, objectName)
  const plaintext = tryOpen(await deriveUserKey(password, file.salt, file), file.data)
  if (plaintext === undefined) return undefined
  const fields = JsonFields.parse(plaintext, objectName)
  const mac = fields.object('mac')
  return { encrypt: fields.bytes('encrypt', 32), macK: mac.bytes('k', 16), macR: mac.bytes('r', 16) }
}

function encodeMasterKey({ encrypt, macK, macR }: MasterKey): string {
  const mac = `{"k":"${macK.toString('base64')}","r":"${macR.toString('base64')}"}`
  return `{"mac":${mac},"encrypt":"${encrypt.toString('base64')}"}`
}

function isBearable({ N, r, p }: ScryptCost): boolean {
  const powerOfTwo = N >= 2 && N <= 2 ** 30 && (N & (N - 1)) === 0
  return powerOfTwo && r >= 1 && p >= 1 && 128 * N * r <= maxMemoryBytes && N * r * p <= maxWork
}

async function deriveUserKey(password: string, salt: Buffer, cost: ScryptCost): Promise<MasterKey> {
  const derived = await scrypt(Buffer.from(password, 'utf8'), salt, 64, cost).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('REPOSITORY_DAMAGED', { object: 'key file', reason }, { cause })
  })
  return { encrypt: derived.subarray(0, 32), macK: derived.subarray(32, 48), macR: derived.subarray(48, 64) }
}
