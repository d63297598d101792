import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TarMember, TarReader } from './tar-reader.ts'

const broken = (reason: string): Error => new Error(`broken: ${reason}`)

interface Made {
  readonly name: string | Buffer
  readonly size: number
  readonly type?: string
  readonly content?: Buffer
}

/** One member as POSIX's ustar has it. */
function makeMember({ name, size, type = '0', content = Buffer.alloc(size, name) }: Made): Buffer {
  const header = Buffer.alloc(512)
  header.set(Buffer.from(name).subarray(0, 100))
  const number = (at: number, value: number, digits: number): number =>
    header.write(`${value.toString(8).padStart(digits, '0')} `, at)
  number(100, 0o100600, 6)
  number(108, 26, 6)
  number(116, 27, 6)
  number(124, content.length, 11)
  number(136, 1_700_000_000, 11)
  header.write('        ', 148)
  header.write(type, 156)
  if (type === '2') header.write('/elsewhere', 157)
  header.write('ustar\u000000', 257)
  number(
    148,
    header.reduce((sum, byte) => sum + byte, 0),
    6,
  )
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)])
}

function archive(members: readonly Made[]): Buffer {
  return Buffer.concat([...members.map(makeMember), Buffer.alloc(1024)])
}

function inPieces(bytes: Uint8Array, pieceBytes: number): () => Promise<Uint8Array | undefined> {
  let at = 0
  return async () => {
    if (at >= bytes.length) return undefined
    at += pieceBytes
    return bytes.subarray(at - pieceBytes, at)
  }
}

async function readAll(
  bytes: Uint8Array,
  { terminated = true, pieceBytes = 1000 } = {},
): Promise<{ member: TarMember; content: Buffer }[]> {
  const tar = new TarReader(inPieces(bytes, pieceBytes), { terminated, broken })
  const found: { member: TarMember; content: Buffer }[] = []
  for (let member = await tar.next(); member !== undefined; member = await tar.next()) {
    const pieces: Uint8Array[] = []
    for (let piece = await tar.read(); piece !== undefined; piece = await tar.read()) pieces.push(piece)
    found.push({ member, content: Buffer.concat(pieces) })
  }
  return found
}

describe('TarReader', () => {
  it('gives members with their facts and contents, in pieces of any size', async () => {
    const sizes = [0, 1, 511, 512, 513, 8192, 100_000]
    const bytes = archive(sizes.map((size) => ({ name: `base/5/${size}`, size })))
    for (const pieceBytes of [1, 100, 512, 1 << 20]) {
      const found = await readAll(bytes, { pieceBytes })
      expect(found.map(({ content }) => content.length)).toEqual(sizes)
      for (const { member, content } of found) {
        expect(member).toMatchObject({ kind: 'file', mode: 0o600, uid: 26, gid: 27, sizeBytes: content.length })
        expect(member.modifiedAt).toEqual(new Date(1_700_000_000_000))
        expect(content).toEqual(Buffer.alloc(content.length, member.path ?? ''))
      }
    }
  })

  it('knows directories, symbolic links, long names and names that are not ASCII', async () => {
    const long = `${'folder/'.repeat(30)}file`
    const record = ` path=${long}\n`
    const pax = `${record.length + 3}${record}`
    const bytes = archive([
      { name: 'pg_wal/', size: 0, type: '5' },
      { name: 'link', size: 0, type: '2' },
      { name: '././@LongLink', size: 0, type: 'L', content: Buffer.from(`${long}\0`) },
      { name: 'cut', size: 5 },
      { name: 'PaxHeader', size: 0, type: 'x', content: Buffer.from(pax) },
      { name: 'cut', size: 5 },
      { name: '데이터/é', size: 3 },
      { name: Buffer.of(0x6f, 0xff), size: 3 },
    ])
    const found = await readAll(bytes)
    expect(found.map(({ member }) => [member.kind, member.path])).toEqual([
      ['directory', 'pg_wal'],
      ['symlink', 'link'],
      ['file', long],
      ['file', long],
      ['file', '데이터/é'],
      ['file', undefined],
    ])
    expect(found[1]?.member.linkTarget).toBe('/elsewhere')
  })

  it('takes an archive without end mark from servers that write none, and only from those', async () => {
    const bytes = archive([{ name: 'a', size: 512 }]).subarray(0, 1024)
    expect(await readAll(bytes, { terminated: false })).toHaveLength(1)
    await expect(readAll(bytes)).rejects.toThrow('broken: an archive ends without its end mark')
  })

  it('refuses an archive cut anywhere', async () => {
    const bytes = archive([
      { name: 'a', size: 700 },
      { name: 'b', size: 1 },
    ])
    const whole = 512 + 1024 + 512 + 512 + 1024
    await fc.assert(
      fc.asyncProperty(fc.nat(whole - 1), async (length) => {
        await expect(readAll(bytes.subarray(0, length))).rejects.toThrow('broken')
      }),
      { numRuns: 50 },
    )
  })

  it('never takes altered headers for others without saying so', async () => {
    const bytes = archive([{ name: 'a', size: 700 }])
    await fc.assert(
      fc.asyncProperty(fc.nat(344), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = Buffer.from(bytes)
        altered[at] = (altered[at] ?? 0) ^ change
        await expect(readAll(altered)).rejects.toThrow('broken')
      }),
      { numRuns: 100 },
    )
  })

  it('refuses what is not a tar archive at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (bytes) => {
        bytes[0] = 1
        await expect(readAll(bytes)).rejects.toThrow('broken')
      }),
      { numRuns: 50 },
    )
  })

  it('throws when a member is left before its end', async () => {
    const tar = new TarReader(inPieces(archive([{ name: 'a', size: 700 }]), 100), { terminated: true, broken })
    await tar.next()
    await expect(tar.next()).rejects.toThrow('left before its end')
  })
})
