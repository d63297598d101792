import { type ErrorCode, errorCatalogue } from './catalogue.ts'
import type { ErrorDefinition } from './error-definition.ts'

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never

type Needed<Code extends ErrorCode> =
  | Placeholders<(typeof errorCatalogue)[Code]['message']>
  | Placeholders<(typeof errorCatalogue)[Code]['hint']>

/** The details an error of this code must carry: one value for each placeholder of its message and hint. */
export type ErrorDetails<Code extends ErrorCode> = Readonly<Record<Needed<Code>, string | number>>

/**
 * The one error type for everything a user can meet. `code` is stable, `message` and `hint` are for people. An error
 * that is not an AppError is a bug.
 */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'AppError'
  readonly code: Code
  readonly details: Readonly<Record<string, string | number>>
  readonly hint: string

  constructor(code: Code, details: ErrorDetails<Code>, options?: { cause?: unknown }) {
    super(fill(errorCatalogue[code].message, details), options)
    this.code = code
    this.details = details
    this.hint = fill(errorCatalogue[code].hint, details)
  }

  get exitCode(): number {
    return errorCatalogue[this.code].exitCode
  }

  get retryable(): boolean {
    const definition: ErrorDefinition = errorCatalogue[this.code]
    return definition.retryable
  }
}

/** Narrows to AppError, optionally of one code. */
export function isAppError<Code extends ErrorCode>(error: unknown, code?: Code): error is AppError<Code> {
  return error instanceof AppError && (code === undefined || error.code === code)
}

function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_whole, name: string) => String(details[name] ?? `{${name}}`))
}
