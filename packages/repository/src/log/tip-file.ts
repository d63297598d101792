import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { AppError } from '@holdfast/core/errors/app-error'
import { open, seal } from '../format/crypto.ts'
import { JsonFields, type JsonObject } from '../format/json-fields.ts'
import type { MasterKey } from '../format/master-key.ts'
import { isLogFileName, type LogPlace, logTags } from './log-place.ts'

/**
 * A tip is a file of type `tip`: part of a log that is not in a snapshot yet. Its name is 32 hex digits that tell whose
 * log it is (to those who have the key) and 32 random ones. Its content is sealed as other files are; inside, a byte 2,
 * then zstd of a line of JSON (the header) and the payload.
 */
export interface TipHeader {
  /** random half of the tip's name, so that a store cannot pass one tip off as another */
  readonly id: string
  readonly folder: string
  /** empty: not part of a file but a note on the log as a whole, which is in `facts` */
  readonly name: string
  /** Parts of one file by one writer have the same series; those of others are not mixed with them. */
  readonly series: string
  /** where the payload begins in the file, in bytes */
  readonly offset: number
  readonly sizeBytes: number
  /** the file has an end, and it is that of this part */
  readonly ended: boolean
  readonly facts: JsonObject
  /** milliseconds since 1970, by the writer's clock */
  readonly writtenAtMs: number
}

export interface Tip {
  /** name in the store */
  readonly name: string
  readonly header: TipHeader
  readonly payload: Buffer
}

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const zstdMark = 2
/** The longest file of a log is a segment of 1 GiB, and headers are short. */
const largestTipBytes = (1 << 30) + (1 << 20)
const idDigits = 32

/** The half of a tip's name that all tips of one log share. Without the key it tells nothing but that they belong together. */
export function tipPrefix(key: MasterKey, place: LogPlace): string {
  const secret = Buffer.concat([key.encrypt, key.macK, key.macR])
  const own = hkdfSync('sha256', secret, '', 'holdfast names of tips', 32)
  return createHmac('sha256', Buffer.from(own))
    .update(logTags(place).join('\0'))
    .digest('hex')
    .slice(0, 64 - idDigits)
}

export function newTipId(): string {
  return randomBytes(idDigits / 2).toString('hex')
}

export async function sealTip(key: MasterKey, header: TipHeader, payload: Uint8Array): Promise<Buffer> {
  const head = Buffer.from(`${JSON.stringify(header)}\n`)
  const packed = await compress(Buffer.concat([head, payload]))
  return seal(key, Buffer.concat([Uint8Array.of(zstdMark), packed]))
}

/** @throws AppError REPOSITORY_DAMAGED, also when the tip lies under another name than it was given */
export async function openTip(key: MasterKey, name: string, sealed: Uint8Array): Promise<Tip> {
  const label = `tip ${name.slice(-idDigits, -idDigits + 8)}`
  const damaged = (reason: string, cause?: unknown): AppError =>
    new AppError('REPOSITORY_DAMAGED', { object: label, reason }, { cause })
  const text = open(key, sealed, label)
  if (text[0] !== zstdMark) throw damaged('its encoding is not known')
  const plain = await decompress(text.subarray(1), { maxOutputLength: largestTipBytes }).catch((error: unknown) => {
    throw damaged('it does not decompress', error)
  })
  const headEnd = plain.indexOf(0x0a)
  if (headEnd < 0) throw damaged('it has no header')
  const header = parseHeader(plain.subarray(0, headEnd), label)
  const payload = plain.subarray(headEnd + 1)
  if (!name.endsWith(header.id)) throw damaged('it was stored under another name')
  if (payload.length !== header.sizeBytes) throw damaged(`it has ${payload.length} bytes, not ${header.sizeBytes}`)
  return { name, header, payload }
}

function parseHeader(json: Uint8Array, label: string): TipHeader {
  const fields = JsonFields.parse(json, label)
  const header = {
    id: fields.text('id'),
    folder: fields.text('folder'),
    name: fields.text('name'),
    series: fields.text('series'),
    offset: fields.integer('offset'),
    sizeBytes: fields.integer('sizeBytes'),
    ended: fields.boolean('ended'),
    facts: fields.has('facts') ? fields.object('facts').raw : {},
    writtenAtMs: fields.integer('writtenAtMs'),
  }
  if (header.id.length !== idDigits) throw fields.damaged('its id is missing')
  for (const name of [header.folder, header.name]) {
    if (name !== '' && !isLogFileName(name)) throw fields.damaged(`the name ${JSON.stringify(name)} is not allowed`)
  }
  return header
}
