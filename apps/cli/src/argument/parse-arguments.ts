import { parseArgs } from 'node:util'
import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import { longName, type Options, type OptionValues, type Variables } from './option.ts'

interface Parsed<Given extends Options> {
  readonly options: OptionValues<Given>
  readonly arguments: readonly string[]
}

/**
 * Sorts the words after the command's name into options and arguments. Fails with OPTION_UNKNOWN (naming the nearest
 * known option), OPTION_VALUE_MISSING or ARGUMENT_INVALID.
 */
export function parseArguments<Given extends Options>(
  words: readonly string[],
  options: Given,
  variables: Variables,
): Parsed<Given> {
  const keys = new Map(Object.keys(options).map((key) => [longName(key).slice(2), key]))
  const occurrences = new Map<string, string[]>()
  const positionals: string[] = []
  const { tokens } = parseArgs({
    args: expandVerbosity(words),
    options: nodeOptions(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const key = keys.get(token.name)
    const option = key === undefined ? undefined : options[key]
    if (key === undefined || option === undefined) throw unknownOption(token.rawName, keys.keys())
    if (option.placeholder !== undefined && token.value === undefined) {
      throw new AppError('OPTION_VALUE_MISSING', { option: token.rawName, placeholder: option.placeholder })
    }
    const values = occurrences.get(key) ?? []
    values.push(token.value ?? 'true')
    occurrences.set(key, values)
  }
  return { options: readAll(options, occurrences, variables), arguments: positionals }
}

function readAll<Given extends Options>(
  options: Given,
  occurrences: ReadonlyMap<string, readonly string[]>,
  variables: Variables,
): OptionValues<Given> {
  const values = Object.entries(options).map(([key, option]) => {
    const given = occurrences.get(key)
    if (given !== undefined) return [key, option.read(given, longName(key))] as const
    for (const family of option.variable === undefined ? [] : ['HOLDFAST', 'RESTIC']) {
      const name = `${family}_${option.variable}`
      const value = variables(name)
      if (value !== undefined && value !== '') return [key, option.read([value], name)] as const
    }
    return [key, option.read([], longName(key))] as const
  })
  // Boundary: each key was read by the option of that key, which TypeScript cannot follow through Object.entries.
  return Object.fromEntries(values) as OptionValues<Given>
}

function nodeOptions(options: Options) {
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => [
      longName(key).slice(2),
      {
        type: option.placeholder === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  )
}

/** restic also takes --verbose=2. Words after `--` are left alone. */
function expandVerbosity(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return words.flatMap((word, position) => {
    const level = position < end ? /^--verbose=(\d)$/.exec(word)?.[1] : undefined
    return level === undefined ? [word] : Array.from({ length: Number(level) }, () => '--verbose')
  })
}

function unknownOption(rawName: string, known: Iterable<string>): AppError {
  const nearest = rawName.startsWith('--') ? nearestName(rawName.slice(2), known) : undefined
  const suggestion =
    nearest === undefined
      ? 'Look at the options with --help.'
      : `Did you mean --${nearest}? Look at the options with --help.`
  return new AppError('OPTION_UNKNOWN', { option: rawName, suggestion })
}
