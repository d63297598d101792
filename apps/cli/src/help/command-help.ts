import { longName, type Option, type Options } from '../argument/option.ts'
import type { Command } from '../command/command.ts'
import { globalOptions } from '../session/global-option.ts'

/** The help of one command, wrapped to `width` columns. */
export function renderCommandHelp(command: Command, width: number): string {
  const sections = [
    `${command.purpose}.`,
    ...(command.details ?? []).map((paragraph) => wrap(paragraph, width, 0)),
    `Usage:\n  ${usage(command)}`,
    ...(command.arguments.length === 0
      ? []
      : [
          `Arguments:\n${renderColumns(
            command.arguments.map((each) => [each.name, each.help] as const),
            width,
          )}`,
        ]),
    ...(Object.keys(command.options).length === 0 ? [] : [`Options:\n${renderOptions(command.options, width)}`]),
    `Global options:\n${renderOptions(globalOptions, width)}`,
    `Examples:\n${command.examples.map((each) => `  # ${each.explanation}\n  ${each.command}`).join('\n')}`,
    `Exit codes:\n${renderColumns(
      command.exitCodes.map((each) => [String(each.code), each.meaning] as const),
      width,
    )}`,
  ]
  return `${sections.join('\n\n')}\n`
}

export function usage(command: Command): string {
  const given = command.arguments.map((argument) => {
    const name = argument.repeatable ? `${argument.name}…` : argument.name
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return ['holdfast', command.name, '[options]', ...given].join(' ')
}

/** "-t, --target <directory>" */
export function optionSyntax(key: string, option: Option<unknown>): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  return `${short}${longName(key)}${option.placeholder === undefined ? '' : ` ${option.placeholder}`}`
}

/** What the help says of an option, with its default and its choices. */
export function optionHelp(option: Option<unknown>): string {
  const notes = [
    ...(option.repeatable && option.placeholder !== undefined ? ['can be repeated'] : []),
    ...(option.variable === undefined ? [] : [`$HOLDFAST_${option.variable}`]),
    ...(option.fallback === undefined ? [] : [`default: ${option.fallback}`]),
  ]
  return notes.length === 0 ? option.help : `${option.help} (${notes.join('; ')})`
}

function renderOptions(options: Options, width: number): string {
  return renderColumns(
    Object.entries(options).map(([key, option]) => [optionSyntax(key, option), optionHelp(option)] as const),
    width,
  )
}

/** Two columns; a left cell that is too long gets a line of its own. */
export function renderColumns(rows: readonly (readonly [left: string, right: string])[], width: number): string {
  const widest = Math.max(...rows.map(([left]) => (left.length > 38 ? 0 : left.length)))
  return rows
    .map(([left, right]) => {
      const text = wrap(right, Math.max(width - widest - 4, 24), widest + 4)
      return left.length > widest ? `  ${left}\n${' '.repeat(widest + 4)}${text}` : `  ${left.padEnd(widest)}  ${text}`
    })
    .join('\n')
}

/** Breaks at blanks; lines after the first are indented. */
function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}
