import { type CompletedCommand, type CompletedOption, completedOptions, firstWords } from './completion-source.ts'
import { globalOptions } from '../session/global-option.ts'

/** A completion script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const words = [...firstWords(commands)]
  const first = words.map(([word]) => word)
  const globals = completedOptions(globalOptions)
  const globalNames = new Set(globals.map(({ long }) => long))
  const lines = [
    '# fish completion of holdfast',
    'complete -c holdfast -f',
    ...words.map(([word, members]) => {
      const purpose = members[0]?.name === word ? members[0].purpose : `Commands on ${word}s`
      return `complete -c holdfast -n "not __fish_seen_subcommand_from ${first.join(' ')}" -a ${word} -d ${quote(purpose)}`
    }),
    ...globals.map((option) => optionLine(option, '')),
    ...commands.flatMap((command) => commandLines(command, globalNames)),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(command: CompletedCommand, globalNames: ReadonlySet<string>): string[] {
  const [word = '', member] = command.name.split(' ')
  const condition =
    member === undefined
      ? `-n "__fish_seen_subcommand_from ${word}" `
      : `-n "__fish_seen_subcommand_from ${word}; and __fish_seen_subcommand_from ${member}" `
  const own = command.options.filter(({ long }) => !globalNames.has(long))
  return [
    ...(member === undefined
      ? []
      : [`complete -c holdfast -n "__fish_seen_subcommand_from ${word}" -a ${member} -d ${quote(command.purpose)}`]),
    ...(command.choices.length === 0
      ? []
      : [`complete -c holdfast ${condition}-a ${quote(command.choices.join(' '))}`]),
    ...(command.completes === undefined ? [] : [`complete -c holdfast ${condition}${value(command.completes)}`]),
    ...own.map((option) => optionLine(option, condition)),
  ]
}

function optionLine(option: CompletedOption, condition: string): string {
  const short = option.short === undefined ? '' : ` -s ${option.short}`
  const choices = option.choices.length === 0 ? '' : ` -a ${quote(option.choices.join(' '))}`
  const given = option.takesValue
    ? ` -r${choices}${option.completes === undefined ? '' : ` ${value(option.completes)}`}`
    : ''
  return `complete -c holdfast ${condition}-l ${option.long.slice(2)}${short}${given} -d ${quote(option.help)}`
}

function value(completes: 'file' | 'directory'): string {
  return completes === 'file' ? '-F' : '-a "(__fish_complete_directories)"'
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
