import { AppError } from '@holdfast/core/errors/app-error'

export type JsonObject = Readonly<Record<string, unknown>>

const hexId = /^[0-9a-f]{64}$/

/** Whether the text is the id of a file or blob: 64 lower-case hex digits. */
export function isHexId(text: unknown): text is string {
  return typeof text === 'string' && hexId.test(text)
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads the fields of untrusted JSON. Every method throws AppError REPOSITORY_DAMAGED naming the object and the field
 * when a value has another shape; `null` counts as absent, as it does for Go.
 */
export class JsonFields {
  readonly raw: JsonObject
  readonly #objectName: string

  constructor(raw: unknown, objectName: string) {
    this.#objectName = objectName
    if (!isJsonObject(raw)) throw this.damaged('it is not a JSON object')
    this.raw = raw
  }

  static parse(bytes: Uint8Array, objectName: string): JsonFields {
    let raw: unknown
    try {
      raw = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
    } catch (error) {
      throw new AppError('REPOSITORY_DAMAGED', { object: objectName, reason: 'it is not JSON' }, { cause: error })
    }
    return new JsonFields(raw, objectName)
  }

  damaged(reason: string): AppError {
    return new AppError('REPOSITORY_DAMAGED', { object: this.#objectName, reason })
  }

  /** a missing text is empty, as it is for Go */
  text(name: string): string {
    return this.optionalText(name) ?? ''
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name)
    if (value === undefined || typeof value === 'string') return value
    throw this.damaged(`${name} is not a text`)
  }

  /** an integer in 0..max; missing counts as 0 */
  integer(name: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value(name) ?? 0
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max) return value
    throw this.damaged(`${name} is not an integer from 0 to ${max}`)
  }

  /** an integer in 0..2⁶⁴−1, as a number, or as a text of digits where a number would lose some */
  bigInteger(name: string): bigint {
    const value = this.#value(name) ?? 0
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
    if (typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n) return BigInt(value)
    throw this.damaged(`${name} is not an integer of 64 bits`)
  }

  boolean(name: string): boolean {
    const value = this.#value(name) ?? false
    if (typeof value === 'boolean') return value
    throw this.damaged(`${name} is neither true nor false`)
  }

  id(name: string): string {
    const value = this.optionalId(name)
    if (value === undefined) throw this.damaged(`${name} is missing`)
    return value
  }

  optionalId(name: string): string | undefined {
    const value = this.#value(name)
    if (value === undefined || isHexId(value)) return value
    throw this.damaged(`${name} is not an id of 64 hex digits`)
  }

  /** base64 of exactly `length` bytes (any length when undefined); missing is undefined */
  optionalBytes(name: string, length?: number): Buffer | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    const bytes = Buffer.from(text, 'base64')
    if (length !== undefined && bytes.length !== length) throw this.damaged(`${name} is not ${length} bytes`)
    if (bytes.toString('base64') !== text) throw this.damaged(`${name} is not base64`)
    return bytes
  }

  bytes(name: string, length?: number): Buffer {
    const bytes = this.optionalBytes(name, length)
    if (bytes === undefined) throw this.damaged(`${name} is missing`)
    return bytes
  }

  /** missing counts as empty */
  array(name: string): readonly unknown[] {
    const value = this.#value(name) ?? []
    if (Array.isArray(value)) return value
    throw this.damaged(`${name} is not a list`)
  }

  texts(name: string): string[] {
    return this.array(name).map((item) => {
      if (typeof item === 'string') return item
      throw this.damaged(`${name} holds something other than texts`)
    })
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#value(name), `${this.#objectName} (${name})`)
  }

  /** fields of another object that belongs to the same file */
  sibling(raw: JsonObject): JsonFields {
    return new JsonFields(raw, this.#objectName)
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.raw, name) ? (this.raw[name] ?? undefined) : undefined
  }
}
