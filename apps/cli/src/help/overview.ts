import { commands } from '../command/registry.ts'
import { renderColumns } from './command-help.ts'

/** The list of commands, of all or of one group. */
export async function renderOverview(group: string | undefined, width: number): Promise<string> {
  const names = Object.keys(commands).filter((name) => group === undefined || name.startsWith(`${group} `))
  const rows = await Promise.all(names.map(async (name) => [name, (await commands[name]?.())?.purpose ?? ''] as const))
  const usage = `holdfast ${group ?? '[global options]'} <command> [options]`
  const sections = [
    ...(group === undefined ? ['Backups that are known to restore, in repositories that restic can read too.'] : []),
    `Usage:\n  ${usage}`,
    `Commands:\n${renderColumns(rows, width)}`,
    ...(group === undefined ? [example] : []),
    `Run \`holdfast ${group === undefined ? '' : `${group} `}<command> --help\` for options, examples and exit codes.`,
  ]
  return `${sections.join('\n\n')}\n`
}

const example = `Example:
  export HOLDFAST_REPOSITORY=/srv/backup HOLDFAST_PASSWORD_FILE=~/.holdfast-password
  holdfast init && holdfast backup /etc && holdfast check --read-data`
