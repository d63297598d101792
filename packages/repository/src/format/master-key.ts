/** The keys that every file of a repository is encrypted with; each key file wraps the same ones. */
export interface MasterKey {
  /** AES-256 key, 32 bytes */
  readonly encrypt: Buffer
  /** AES-128 key of Poly1305-AES, 16 bytes */
  readonly macK: Buffer
  /** r of Poly1305, 16 bytes, clamped on use */
  readonly macR: Buffer
}
