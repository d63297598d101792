import { type Cipheriv, createCipheriv } from 'node:crypto'

/** For tests: bytes that nothing compresses, the same for the same seed. */
export class RandomBytes {
  readonly #cipher: Cipheriv

  constructor(seed: number) {
    this.#cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  }

  take(count: number): Buffer {
    return this.#cipher.update(Buffer.alloc(count))
  }
}
