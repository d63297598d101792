import { AppError } from '@holdfast/core/errors/app-error'

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads the fields of a manifest, ours or the server's, which came from a repository or a network and may be anything.
 * Every method fails with BACKUP_MANIFEST_INVALID, naming file and field, when a value has another shape.
 */
export class ManifestFields {
  readonly #raw: JsonObject
  readonly #name: string

  private constructor(raw: unknown, name: string) {
    this.#name = name
    if (!isJsonObject(raw)) throw this.invalid('it is not a JSON object')
    this.#raw = raw
  }

  /** `name`: of the file, for errors */
  static parse(bytes: Uint8Array, name: string): ManifestFields {
    let raw: unknown
    try {
      raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (error) {
      throw new AppError('BACKUP_MANIFEST_INVALID', { file: name, reason: 'it is not JSON' }, { cause: error })
    }
    return new ManifestFields(raw, name)
  }

  invalid(reason: string): AppError {
    return new AppError('BACKUP_MANIFEST_INVALID', { file: this.#name, reason })
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#raw, name)
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name)
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name)
    if (value === undefined || typeof value === 'string') return value
    throw this.invalid(`${name} is not a text`)
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const text = this.text(name)
    const choice = choices.find((known) => known === text)
    if (choice === undefined) throw this.invalid(`${name} is none of ${choices.join(', ')}`)
    return choice
  }

  integer(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    return this.optionalInteger(name, least, most) ?? this.#missing(name)
  }

  optionalInteger(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#value(name)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw this.invalid(`${name} is not an integer from ${least} to ${most}`)
  }

  boolean(name: string): boolean {
    const value = this.#value(name) ?? this.#missing(name)
    if (typeof value === 'boolean') return value
    throw this.invalid(`${name} is neither true nor false`)
  }

  object(name: string): ManifestFields {
    return new ManifestFields(this.#value(name) ?? this.#missing(name), `${name} of ${this.#name}`)
  }

  list(name: string): readonly ManifestFields[] {
    const value: unknown = this.#value(name) ?? this.#missing(name)
    if (!Array.isArray(value)) throw this.invalid(`${name} is not a list`)
    return value.map((item: unknown, index) => new ManifestFields(item, `${name}[${index}] of ${this.#name}`))
  }

  /** an object of nothing but texts */
  texts(name: string): Readonly<Record<string, string>> {
    const { raw } = this.object(name)
    const entries = Object.entries(raw).map(([key, value]): [string, string] => {
      if (typeof value !== 'string') throw this.invalid(`${key} in ${name} is not a text`)
      return [key, value]
    })
    return Object.fromEntries(entries)
  }

  /** a list of nothing but texts */
  textList(name: string): readonly string[] {
    const value: unknown = this.#value(name) ?? this.#missing(name)
    if (!Array.isArray(value)) throw this.invalid(`${name} is not a list`)
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw this.invalid(`something in ${name} is not a text`)
      return item
    })
  }

  private get raw(): JsonObject {
    return this.#raw
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#raw, name) ? (this.#raw[name] ?? undefined) : undefined
  }

  #missing(name: string): never {
    throw this.invalid(`${name} is missing`)
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
