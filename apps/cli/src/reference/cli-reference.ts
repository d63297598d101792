import { storageSettings } from '@holdfast/orchestrator/operation/storage-settings'
import type { Options } from '../argument/option.ts'
import type { Command } from '../command/command.ts'
import { commands } from '../command/registry.ts'
import { optionHelp, optionSyntax, usage } from '../help/command-help.ts'
import { globalOptions } from '../session/global-option.ts'

/** docs/reference/cli.md, from the descriptions that the help shows. */
export async function renderCliReference(): Promise<string> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  const sections = [
    '# Command line',
    'Written by `apps/cli/src/reference/write-cli-reference.ts` from the descriptions of the commands; do not edit. What `--json` prints is in [json-output.md](json-output.md).',
    '## Commands',
    loaded.map(({ name, purpose }) => `- [\`${name}\`](#${name.replace(' ', '-')}): ${escape(purpose)}`).join('\n'),
    '## Global options',
    'They can stand before or after the command. Where a variable `HOLDFAST_…` is named, `RESTIC_…` is read when that is not set. The password is never taken from an argument: it comes from a file, a command, `$HOLDFAST_PASSWORD`, or is asked for on a terminal.',
    optionList(globalOptions),
    '### Settings of `-o`',
    Object.entries(storageSettings)
      .map(([key, meaning]) => `- \`${key}\`: ${escape(meaning)}`)
      .join('\n'),
    ...loaded.flatMap(commandSections),
  ]
  return `${sections.join('\n\n')}\n`
}

function commandSections(command: Command): string[] {
  const { name, purpose, details = [], arguments: given, options, examples, exitCodes } = command
  return [
    `## ${name}`,
    `${escape(purpose)}.`,
    ...details.map(escape),
    `\`\`\`\n${usage(command)}\n\`\`\``,
    ...(given.length === 0 ? [] : [given.map((each) => `- \`${each.name}\`: ${escape(each.help)}`).join('\n')]),
    ...(Object.keys(options).length === 0 ? [] : ['Options:', optionList(options)]),
    `Examples:`,
    `\`\`\`sh\n${examples.map((each) => `# ${each.explanation}\n${each.command}`).join('\n\n')}\n\`\`\``,
    `Exit codes: ${exitCodes.map(({ code, meaning }) => `${code} ${meaning}`).join('; ')}.`,
  ]
}

function optionList(options: Options): string {
  return Object.entries(options)
    .map(([key, option]) => `- \`${optionSyntax(key, option).trim()}\`: ${escape(optionHelp(option))}`)
    .join('\n')
}

/** Characters that Markdown would read as markup. */
function escape(text: string): string {
  return text.replace(/[*_<>]/g, (character) => `\\${character}`)
}
