import { createHash, randomBytes } from 'node:crypto'

const secretBytes = 32

/** 256 random bits, in letters that need no quoting anywhere. */
export function createSecret(prefix: string): string {
  return `${prefix}${randomBytes(secretBytes).toString('base64url')}`
}

/** What is kept of it: of so many random bits a fast hash is enough, and finding it takes the same time for each. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
