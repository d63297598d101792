import { ByteQueue } from './byte-queue.ts'

export interface TarMember {
  /** as the archive has it, without a trailing slash; undefined when it is not UTF-8 (then see `rawPath`) */
  readonly path: string | undefined
  readonly rawPath: Uint8Array
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly sizeBytes: number
  /** permission bits */
  readonly mode: number
  readonly modifiedAt: Date
  readonly uid: number
  readonly gid: number
  readonly linkTarget: string
}

interface TarOptions {
  /** whether two blocks of zeros must end the archive (PostgreSQL 15 and newer) or the end of the bytes does */
  readonly terminated: boolean
  /** makes the error for an archive that is not one */
  readonly broken: (reason: string) => Error
}

const blockBytes = 512
const longestText = 1 << 20

/**
 * Reads one archive as it arrives: `next` gives a member, `read` its content in the pieces in which it came, to be read to
 * its end before the next member. Understands ustar, base-256 numbers, GNU long names and pax paths, of which
 * PostgreSQL so far sends the first two only. Source: POSIX.1-2017, pax; src/port/tar.c.
 */
export class TarReader {
  readonly #bytes: ByteQueue
  readonly #options: TarOptions
  #left = 0
  #padding = 0

  constructor(nextBytes: () => Promise<Uint8Array | undefined>, options: TarOptions) {
    this.#bytes = new ByteQueue(nextBytes)
    this.#options = options
  }

  /** undefined at the archive's end */
  async next(): Promise<TarMember | undefined> {
    if (this.#left > 0) throw new Error('a tar member was left before its end')
    const renamed: { path?: Uint8Array; linkTarget?: Uint8Array } = {}
    for (;;) {
      const header = await this.#header()
      if (header === undefined) return undefined
      const type = String.fromCharCode(header[156] ?? 0)
      const sizeBytes = this.#number(header, 124, 12)
      if (type === 'L') renamed.path = withoutZeros(await this.#text(sizeBytes))
      else if (type === 'K') renamed.linkTarget = withoutZeros(await this.#text(sizeBytes))
      else if (type === 'x') Object.assign(renamed, paxNames(await this.#text(sizeBytes)))
      else return this.#member(header, type, sizeBytes, renamed)
    }
  }

  /** the next piece of the current member's content, undefined after its last */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined
    const bytes = await this.#bytes.some(this.#left)
    if (bytes === undefined) throw this.#options.broken('an archive ends in the middle of a file')
    this.#left -= bytes.length
    return bytes
  }

  async #header(): Promise<Uint8Array | undefined> {
    if (this.#padding > 0) await this.#exactly(this.#padding)
    this.#padding = 0
    const header = await this.#bytes.exactly(blockBytes)
    if (header === undefined) return this.#end()
    if (header.length < blockBytes) throw this.#options.broken('an archive ends in the middle of a header')
    if (header.every((byte) => byte === 0)) {
      const second = await this.#exactly(blockBytes)
      if (!second.every((byte) => byte === 0)) throw this.#options.broken('an archive goes on after its end')
      while ((await this.#bytes.some(1 << 20)) !== undefined);
      return undefined
    }
    this.#checkSum(header)
    return header
  }

  #end(): undefined {
    if (this.#options.terminated) throw this.#options.broken('an archive ends without its end mark')
    return undefined
  }

  #checkSum(header: Uint8Array): void {
    let sum = 0
    for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0)
    if (sum !== this.#number(header, 148, 8)) throw this.#options.broken('a header in an archive does not add up')
  }

  #member(
    header: Uint8Array,
    type: string,
    sizeBytes: number,
    renamed: { path?: Uint8Array; linkTarget?: Uint8Array },
  ): TarMember {
    const kind = kindOf(type)
    if (kind === undefined) throw this.#options.broken(`an archive holds a member of the unknown type ${type}`)
    const rawPath = withoutSlash(renamed.path ?? headerPath(header))
    this.#left = kind === 'file' ? sizeBytes : 0
    this.#padding = kind === 'file' ? -sizeBytes & (blockBytes - 1) : 0
    return {
      path: decode(rawPath),
      rawPath,
      kind,
      sizeBytes: this.#left,
      mode: this.#number(header, 100, 8) & 0o7777,
      uid: this.#number(header, 108, 8),
      gid: this.#number(header, 116, 8),
      modifiedAt: new Date(this.#number(header, 136, 12) * 1000),
      linkTarget: decode(renamed.linkTarget ?? withoutZeros(header.subarray(157, 257))) ?? '',
    }
  }

  /** octal digits, or, when the first bit is set, a big-endian number */
  #number(header: Uint8Array, at: number, length: number): number {
    const field = header.subarray(at, at + length)
    let value = 0
    if ((field[0] ?? 0) >= 0x80) {
      for (let i = 1; i < length; i++) value = value * 256 + (field[i] ?? 0)
    } else {
      const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1'))?.[1]
      if (digits === undefined) throw this.#options.broken('a header in an archive holds a number that is none')
      value = digits === '' ? 0 : Number.parseInt(digits, 8)
    }
    if (!Number.isSafeInteger(value)) throw this.#options.broken('a header in an archive holds a number too large')
    return value
  }

  async #text(sizeBytes: number): Promise<Uint8Array> {
    if (sizeBytes > longestText) throw this.#options.broken('a name in an archive is too long')
    const padded = await this.#exactly(Math.ceil(sizeBytes / blockBytes) * blockBytes)
    return padded.slice(0, sizeBytes)
  }

  async #exactly(sizeBytes: number): Promise<Uint8Array> {
    const bytes = await this.#bytes.exactly(sizeBytes)
    if (bytes?.length !== sizeBytes) throw this.#options.broken('an archive ends too early')
    return bytes
  }
}

function kindOf(type: string): TarMember['kind'] | undefined {
  if (type === '0' || type === '\0' || type === '7') return 'file'
  if (type === '5') return 'directory'
  return type === '2' ? 'symlink' : undefined
}

function headerPath(header: Uint8Array): Uint8Array {
  const name = withoutZeros(header.subarray(0, 100))
  const hasPrefix = Buffer.from(header.subarray(257, 263)).toString('latin1') === 'ustar\0'
  const prefix = hasPrefix ? withoutZeros(header.subarray(345, 500)) : new Uint8Array()
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

/** Records "<length> <key>=<value>\n", whose length counts itself. */
function paxNames(content: Uint8Array): { path?: Uint8Array; linkTarget?: Uint8Array } {
  const names: { path?: Uint8Array; linkTarget?: Uint8Array } = {}
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at)
    const length = Number(Buffer.from(content.subarray(at, Math.max(space, at))).toString('latin1'))
    if (!(length > 0)) break
    const record = content.subarray(space + 1, at + length - 1)
    const equals = record.indexOf(0x3d)
    const key = Buffer.from(record.subarray(0, Math.max(equals, 0))).toString('latin1')
    if (key === 'path') names.path = record.slice(equals + 1)
    if (key === 'linkpath') names.linkTarget = record.slice(equals + 1)
    at += length
  }
  return names
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return bytes.slice(0, end === -1 ? bytes.length : end)
}

function withoutSlash(path: Uint8Array): Uint8Array {
  return path.at(-1) === 0x2f ? path.subarray(0, -1) : path
}

function decode(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : undefined
}
