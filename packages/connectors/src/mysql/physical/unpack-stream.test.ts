import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { unpackStream } from './unpack-stream.ts'
import { readXbstream } from './xbstream-reader.ts'

function chunk(path: string, bytes: string | undefined, offset = 0): Buffer {
  const name = Buffer.from(path)
  const head = Buffer.alloc(14)
  head.write('XBSTCK01')
  head[9] = bytes === undefined ? 0x45 : 0x50
  head.writeUInt32LE(name.length, 10)
  if (bytes === undefined) return Buffer.concat([head, name])
  const payload = Buffer.from(bytes)
  const about = Buffer.alloc(20)
  about.writeBigUInt64LE(BigInt(payload.length), 0)
  about.writeBigUInt64LE(BigInt(offset), 8)
  about.writeUInt32LE(crc32(payload), 16)
  return Buffer.concat([head, name, about, payload])
}

async function unpack(stream: Buffer, cut: number): Promise<Map<string, string>> {
  async function* input() {
    for (let at = 0; at < stream.length; at += cut) yield stream.subarray(at, at + cut)
  }
  const files = new Map<string, string>()
  let waiting = ''
  for await (const { path, content } of unpackStream(readXbstream(input()), tmpdir())) {
    const parts: Uint8Array[] = []
    if (content.type === 'local') {
      waiting = content.path
      parts.push(await readFile(content.path))
    } else for await (const bytes of content.chunks) parts.push(Buffer.from(bytes))
    files.set(path, Buffer.concat(parts).toString('utf8'))
  }
  expect(waiting === '' || !existsSync(waiting)).toBe(true)
  return files
}

const stream = Buffer.concat([
  chunk('ib_logfile0', 'log1'),
  chunk('shop/a.ibd', 'aaaa'),
  chunk('ib_logfile0', 'log2', 4),
  chunk('b', 'bb'),
  chunk('shop/a.ibd', 'AA', 4),
  chunk('shop/a.ibd', undefined),
  chunk('b', 'BB', 2),
  chunk('b', undefined),
  chunk('empty', undefined),
  chunk('ib_logfile0', undefined),
])

it('puts files together that came in parts among each other, wherever the stream is cut', async () => {
  for (const cut of [1, 13, 1000]) {
    expect(await unpack(stream, cut)).toEqual(
      new Map([
        ['shop/a.ibd', 'aaaaAA'],
        ['empty', ''],
        ['ib_logfile0', 'log1log2'],
        ['b', 'bbBB'],
      ]),
    )
  }
})

it('refuses a stream that is cut off, damaged, or leads out of its directory', async () => {
  await expect(unpack(stream.subarray(0, -5), 100)).rejects.toThrow('ends early')
  await expect(unpack(stream.subarray(0, stream.length - chunk('ib_logfile0', undefined).length), 100)).rejects.toThrow(
    'no end',
  )
  const damaged = Buffer.from(stream)
  damaged[damaged.indexOf('aaaa')] = 0
  await expect(unpack(damaged, 100)).rejects.toThrow('damaged')
  await expect(unpack(Buffer.concat([chunk('a', 'x', 5), chunk('a', undefined)]), 100)).rejects.toThrow('hole')
  await expect(unpack(Buffer.concat([chunk('../x', 'x'), chunk('../x', undefined)]), 100)).rejects.toThrow('no file of')
})
