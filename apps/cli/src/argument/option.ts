import { AppError } from '@holdfast/core/errors/app-error'

/** Reads one environment variable; undefined when it is not set. */
export type Variables = (name: string) => string | undefined

/** Turns one raw value into what the command works with. Fails with ARGUMENT_INVALID, naming `label`. */
export type ReadValue<Value> = (raw: string, label: string) => Value

/** One option of a command: what help, completion and the reference need, and how its occurrences become a value. */
export interface Option<Value> {
  /** one letter */
  readonly short?: string
  /** name of the value in the help; absent for an option that takes none */
  readonly placeholder?: string
  readonly help: string
  readonly repeatable: boolean
  /** shown in the help: what holds without the option */
  readonly fallback?: string
  /** read when the option is not given, first HOLDFAST_<variable>, then RESTIC_<variable> */
  readonly variable?: string
  readonly choices?: readonly string[]
  readonly completes?: 'file' | 'directory'
  /** `raw` holds one value for each occurrence, in order; "true" or "false" for an option without value. */
  read(raw: readonly string[], label: string): Value
}

/** Keys are the long names in camel case: `keepLast` is --keep-last. */
export type Options = Readonly<Record<string, Option<unknown>>>

export type OptionValues<Given extends Options> = {
  readonly [Name in keyof Given]: Given[Name] extends Option<infer Value> ? Value : never
}

interface Common {
  readonly short?: string
  readonly help: string
}

interface Valued extends Common {
  readonly placeholder: string
  readonly fallback?: string
  readonly variable?: string
  readonly choices?: readonly string[]
  readonly completes?: 'file' | 'directory'
}

/** An option that is there or not. */
export function flag(settings: Common): Option<boolean> {
  return {
    ...settings,
    repeatable: false,
    read: (raw, label) => raw.length > 0 && readBoolean(raw[raw.length - 1] ?? '', label),
  }
}

/** An option whose occurrences are counted. */
export function counted(settings: Common): Option<number> {
  return { ...settings, repeatable: true, read: (raw, label) => raw.filter((each) => readBoolean(each, label)).length }
}

/** An option with one value; the last occurrence wins. */
export function single(settings: Valued): Option<string | undefined>
export function single<Value>(settings: Valued, read: ReadValue<Value>): Option<Value | undefined>
export function single<Value>(settings: Valued, read?: ReadValue<Value>): Option<Value | string | undefined> {
  return {
    ...settings,
    repeatable: false,
    read: (raw, label) => {
      const last = raw[raw.length - 1]
      if (last === undefined) return undefined
      return read === undefined ? last : read(last, label)
    },
  }
}

/** An option that may be given several times. */
export function several(settings: Valued): Option<string[]>
export function several<Value>(settings: Valued, read: ReadValue<Value>): Option<Value[]>
export function several<Value>(settings: Valued, read?: ReadValue<Value>): Option<(Value | string)[]> {
  return {
    ...settings,
    repeatable: true,
    read: (raw, label) => raw.map((each) => (read === undefined ? each : read(each, label))),
  }
}

/** An option whose value is one of a few words. */
export function oneOf<Word extends string>(
  settings: Valued & { readonly choices: readonly Word[] },
): Option<Word | undefined> {
  const choices: readonly Word[] = settings.choices
  return single<Word>(settings, (raw, label) => {
    const found = choices.find((choice) => choice === raw)
    if (found !== undefined) return found
    throw invalidArgument(label, raw, `it must be one of ${choices.join(', ')}`)
  })
}

export function invalidArgument(label: string, value: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name: label, value: JSON.stringify(value), reason })
}

/** keepLast → --keep-last */
export function longName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function readBoolean(raw: string, label: string): boolean {
  if (raw === 'true' || raw === '1') return true
  if (raw === 'false' || raw === '0') return false
  throw invalidArgument(label, raw, 'it is either given or not')
}
