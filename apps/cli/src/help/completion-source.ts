import { longName, type Options } from '../argument/option.ts'
import type { Command } from '../command/command.ts'
import { commands } from '../command/registry.ts'
import { globalOptions } from '../session/global-option.ts'

/** One option as a completion script needs it. */
export interface CompletedOption {
  /** --target */
  readonly long: string
  /** t */
  readonly short: string | undefined
  readonly help: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
  readonly completes: 'file' | 'directory' | undefined
}

export interface CompletedCommand {
  /** "key add" */
  readonly name: string
  readonly purpose: string
  readonly options: readonly CompletedOption[]
  /** words its first argument can be */
  readonly choices: readonly string[]
  readonly completes: 'file' | 'directory' | undefined
}

/** All commands, from the same descriptions that the help shows. */
export async function loadCompletedCommands(): Promise<CompletedCommand[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  return loaded.map((command: Command) => ({
    name: command.name,
    purpose: command.purpose,
    options: completedOptions({ ...command.options, ...globalOptions }),
    choices: command.arguments[0]?.choices ?? [],
    completes: command.arguments.at(-1)?.completes,
  }))
}

export function completedOptions(options: Options): CompletedOption[] {
  return Object.entries(options).map(([key, option]) => ({
    long: longName(key),
    short: option.short,
    help: option.help,
    takesValue: option.placeholder !== undefined,
    choices: option.choices ?? [],
    completes: option.completes,
  }))
}

/** Words that can follow `holdfast`, and those that can follow the first word of a group. */
export function firstWords(completed: readonly CompletedCommand[]): Map<string, CompletedCommand[]> {
  const words = new Map<string, CompletedCommand[]>()
  for (const command of completed) {
    const first = command.name.split(' ')[0] ?? ''
    words.set(first, [...(words.get(first) ?? []), command])
  }
  return words
}
