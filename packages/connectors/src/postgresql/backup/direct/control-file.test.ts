import { describe, expect, it } from 'vitest'
import { crc32c } from '../../crc32c.ts'
import { parseControlFile } from './control-file.ts'

/** 8192 bytes whose checksum lies at `at`, as in versions with more or fewer fields */
function controlFile(at: number): Buffer {
  const bytes = Buffer.alloc(8192)
  for (let i = 16; i < at; i++) bytes[i] = (i * 13) & 255
  bytes.writeBigUInt64LE(7_710_499_776_411_214_129n, 0)
  bytes.writeUInt32LE(202_209_061, 12)
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, at)), at)
  return bytes
}

describe('parseControlFile', () => {
  it.each([288, 292, 296])('finds the checksum at byte %i', (at) => {
    expect(parseControlFile(controlFile(at))).toEqual({
      systemIdentifier: '7710499776411214129',
      catalogVersion: 202_209_061,
    })
  })

  it('gives nothing for a file that was read half written, cut or empty', () => {
    const torn = controlFile(288)
    torn[100] = (torn[100] ?? 0) ^ 1
    expect(parseControlFile(torn)).toBeUndefined()
    expect(parseControlFile(controlFile(288).subarray(0, 288))).toBeUndefined()
    expect(parseControlFile(new Uint8Array())).toBeUndefined()
    expect(parseControlFile(new Uint8Array(8192))).toBeUndefined()
  })
})
