import { hash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { createMasterKey } from '../../format/create-master-key.ts'
import { seal } from '../../format/crypto.ts'
import { encodeIndex } from '../../format/index-file.ts'
import type { Node } from '../../format/node.ts'
import { sealPackHeader } from '../../format/pack-header.ts'
import type { PackedBlob } from '../../format/packed-blob.ts'
import { writeUnpacked } from '../../open/unpacked-files.ts'
import type { Repository } from '../../repository.ts'

/** A repository in memory into which a test puts any blobs it likes, also ones that no backup would write. */
export class HandmadeRepository {
  readonly repository: Repository = {
    backend: createMemoryBackend('handmade'),
    config: { version: 2, id: '0'.repeat(64), chunkerPolynomial: 0x3da3358b4dc173n },
    key: createMasterKey(),
    keyId: '0'.repeat(64),
  }
  readonly #waiting: { type: 'data' | 'tree'; id: string; bytes: Buffer; compress: boolean }[] = []

  /** Returns the blob's id, or the one it pretends to have. */
  add(type: 'data' | 'tree', content: string | Buffer, options: { id?: string; compress?: boolean } = {}): string {
    const bytes = Buffer.from(content)
    const id = options.id ?? hash('sha256', bytes, 'hex')
    this.#waiting.push({ type, id, bytes, compress: options.compress ?? type === 'tree' })
    return id
  }

  /** Writes what was added as one pack with its index; `spoil` may damage the pack's bytes. */
  async store(ctx: Context, spoil: (pack: Buffer) => void = () => {}): Promise<string> {
    const { key, backend } = this.repository
    const parts: Buffer[] = []
    const blobs: PackedBlob[] = []
    let offset = 0
    for (const { type, id, bytes, compress } of this.#waiting.splice(0)) {
      const sealed = seal(key, compress ? zstdCompressSync(bytes) : bytes)
      blobs.push({ id, type, offset, length: sealed.length, rawLength: compress ? bytes.length : 0 })
      parts.push(sealed)
      offset += sealed.length
    }
    const pack = Buffer.concat([...parts, sealPackHeader(key, blobs)])
    const id = hash('sha256', pack, 'hex')
    spoil(pack)
    await backend.write({ type: 'data', name: id }, pack, { content: 'data' }, ctx)
    await writeUnpacked(this.repository, 'index', encodeIndex([{ id, blobs }]), ctx)
    return id
  }
}

/** A node with nothing special about it. */
export function plainNode(name: string | Buffer, overrides: Partial<Node> = {}): Node {
  return {
    name: Buffer.from(name),
    type: 'file',
    mode: 0o644,
    mtimeNs: 1_600_000_000_000_000_000n,
    atimeNs: 1_600_000_000_000_000_000n,
    ctimeNs: 0n,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    user: '',
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 1,
    extendedAttributes: [],
    device: 0n,
    content: null,
    error: '',
    ...overrides,
  }
}
