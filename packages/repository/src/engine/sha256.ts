import { hash } from 'node:crypto'

/** SHA-256 as 64 lower-case hex digits. Text output is the fastest form of Node's one-shot hash for small inputs. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
