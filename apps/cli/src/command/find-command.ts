import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import { longName } from '../argument/option.ts'
import { globalOptions } from '../session/global-option.ts'
import { commands } from './registry.ts'

export type Found =
  | { readonly kind: 'command'; readonly name: string; readonly rest: readonly string[] }
  /** no command, or only the first word of a group such as `key` */
  | { readonly kind: 'none'; readonly group: string | undefined; readonly rest: readonly string[] }

/**
 * Finds the command's name among the words of the command line; global options may stand before it. Fails with
 * COMMAND_UNKNOWN.
 */
export function findCommand(words: readonly string[]): Found {
  const first = nextArgument(words, 0)
  if (first === undefined) return { kind: 'none', group: undefined, rest: words }
  const name = words[first] ?? ''
  const rest = words.toSpliced(first, 1)
  const second = isGroup(name) ? nextArgument(rest, first) : undefined
  const fullName = second === undefined ? undefined : `${name} ${rest[second] ?? ''}`
  if (second !== undefined && fullName !== undefined && Object.hasOwn(commands, fullName)) {
    return { kind: 'command', name: fullName, rest: rest.toSpliced(second, 1) }
  }
  // some groups do something by themselves: `runs`, and `runs show`
  if (Object.hasOwn(commands, name) || name === 'help') return { kind: 'command', name, rest }
  if (!isGroup(name)) throw unknownCommand(name)
  if (fullName === undefined) return { kind: 'none', group: name, rest }
  throw unknownCommand(fullName)
}

/** Commands of a group: "key" → ["key list", …] */
function commandsOf(group: string): string[] {
  return Object.keys(commands).filter((name) => name.startsWith(`${group} `))
}

function isGroup(name: string): boolean {
  return commandsOf(name).length > 0
}

/** Index of the first word that is neither an option nor the value of a global option. */
function nextArgument(words: readonly string[], from: number): number | undefined {
  for (let index = from; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') return index + 1 < words.length ? index + 1 : undefined
    if (!word.startsWith('-') || word === '-') return index
    if (takesNextWord(word)) index++
  }
  return undefined
}

function takesNextWord(word: string): boolean {
  for (const [key, option] of Object.entries(globalOptions)) {
    if (!('placeholder' in option) || option.placeholder === undefined) continue
    if (word === longName(key)) return true
    // the last of a cluster of short options, as in -qr <location>
    if (!word.startsWith('--') && option.short !== undefined && word.endsWith(option.short)) return true
  }
  return false
}

function unknownCommand(name: string): AppError {
  const nearest = nearestName(name, new Set([...Object.keys(commands), 'help', 'config', 'key', 'repair']))
  const suggestion =
    nearest === undefined
      ? 'Run `holdfast help` for the list of commands.'
      : `Did you mean ${nearest}? Run \`holdfast help\` for the list of commands.`
  return new AppError('COMMAND_UNKNOWN', { command: name, suggestion })
}
