import { describe, expect, it } from 'vitest'
import type { StreamItem } from '../../connection/connection.ts'
import { BaseBackupStream } from './base-backup-stream.ts'

const broken = (reason: string): Error => new Error(`broken: ${reason}`)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const data = (value: string): StreamItem => ({ type: 'copy-data', bytes: text(value) })
const rows = (...values: (string | null)[][]): StreamItem => ({
  type: 'result',
  result: { columns: [], rows: values, command: 'SELECT' },
})
const started: StreamItem = { type: 'copy-started' }
const ended: StreamItem = { type: 'copy-ended' }
const head = [rows(['0/2000028', '1']), rows(['16384', '/disk', '10'], [null, null, '90'])]
const tail = [rows(['0/2000100', '1']), rows()]

const current = [
  ...head,
  started,
  ...[data('n16384.tar\0/disk\0'), data('dAB'), data('dC'), data('p00000000')],
  ...[data('nbase.tar\0\0'), data('dDE'), data('m'), data('d{}')],
  ended,
  ...tail,
]
const old = [
  ...head,
  ...[started, data('AB'), data('C'), ended],
  ...[started, data('DE'), ended],
  ...[started, data('{}'), ended],
  ...tail,
]

async function readAll(items: readonly StreamItem[], version: number): Promise<unknown[]> {
  const source = async function* (): AsyncGenerator<StreamItem, void, undefined> {
    yield* items
  }
  const stream = new BaseBackupStream(source(), version, broken)
  const seen: unknown[] = [await stream.start()]
  for (let part = await stream.nextPart(); part !== undefined; part = await stream.nextPart()) {
    let content = ''
    for (let bytes = await stream.nextBytes(); bytes !== undefined; bytes = await stream.nextBytes()) {
      content += Buffer.from(bytes).toString()
    }
    seen.push([part.type === 'archive' ? (part.tablespaceOid ?? 'base') : 'manifest', content])
  }
  seen.push(await stream.end())
  return seen
}

describe('BaseBackupStream', () => {
  it.each([
    ['in one copy, as 15 and newer send it', current, 150_000],
    ['in one copy each, as 13 and 14 send them', old, 140_000],
  ])('gives archives and manifest %s', async (_how, items, version) => {
    expect(await readAll(items, version)).toEqual([
      {
        startLsn: 0x200_0028n,
        timeline: 1,
        totalBytes: 102_400,
        tablespaces: [{ oid: 16_384, path: '/disk', sizeBytes: 10_240 }],
      },
      [16_384, 'ABC'],
      ['base', 'DE'],
      ['manifest', '{}'],
      { stopLsn: 0x200_0100n, timeline: 1 },
    ])
  })

  it.each([
    ['current', current, 150_000],
    ['old', old, 140_000],
  ])('fails when the %s protocol ends anywhere before its end', async (_which, items, version) => {
    // The last result is the statement's own end, which the session itself waits for.
    for (let length = 0; length < items.length - 1; length++) {
      await expect(readAll(items.slice(0, length), version), `${length} items`).rejects.toThrow('broken')
    }
  })

  it('fails on messages it does not know, and on data before an archive', async () => {
    const with2 = (at: number, item: StreamItem): StreamItem[] => current.with(at, item)
    await expect(readAll(with2(3, data('nother.tar\0\0')), 150_000)).rejects.toThrow('an archive is named')
    await expect(readAll(with2(4, data('zzz')), 150_000)).rejects.toThrow('unknown message')
    await expect(readAll(with2(3, data('dAB')), 150_000)).rejects.toThrow('left before its end')
    await expect(readAll([rows(['nonsense', '1']), ...current.slice(1)], 150_000)).rejects.toThrow('position')
    await expect(readAll([head[0] ?? started, rows(['1', '/x', '1']), ...current.slice(2)], 150_000)).rejects.toThrow(
      'data directory last',
    )
  })
})
