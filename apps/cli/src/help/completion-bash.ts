import { type CompletedCommand, type CompletedOption, firstWords } from './completion-source.ts'

/** A completion script for bash; needs nothing but bash. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const words = [...firstWords(commands)]
  const groups = words.filter(([first, members]) => members.some(({ name }) => name !== first))
  return `# bash completion of holdfast
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" word command=""
  local index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$command" in
      "") case "$word" in ${words.map(([first]) => first).join('|')}|help) command="$word" ;; esac ;;
${groups
  .map(
    ([first, members]) =>
      `      ${first}) case "$word" in ${lastWords(members).join('|')}) command="${first} $word" ;; esac ;;`,
  )
  .join('\n')}
    esac
  done
  local options="" words="" files=""
  case "$command" in
    ""|help) words="${words.map(([first]) => first).join(' ')} help" ;;
${groups.map(([first, members]) => `    ${first}) words="${lastWords(members).join(' ')}" ;;`).join('\n')}
${commands.map(commandCase).join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ "$files" == directory ]]; then
    COMPREPLY=($(compgen -d -- "$current"))
  elif [[ "$files" == file ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _holdfast holdfast
`
}

function commandCase(command: CompletedCommand): string {
  const valued = command.options.filter((option) => option.takesValue)
  const cases = valued.map(valueCase).join(' ')
  const names = command.options.map((option) => option.long).join(' ')
  return `    "${command.name}")
      case "$previous" in ${cases} esac
      options="${names}" words="\${words:-${command.choices.join(' ')}}" files="\${files:-${command.completes ?? ''}}" ;;`
}

/** After an option with a value, the value is completed, not the options. */
function valueCase(option: CompletedOption): string {
  const names = [option.long, ...(option.short === undefined ? [] : [`-${option.short}`])].join('|')
  if (option.choices.length > 0) return `${names}) words="${option.choices.join(' ')}" ;;`
  return `${names}) files="${option.completes ?? 'none'}" ;;`
}

function lastWords(members: readonly CompletedCommand[]): string[] {
  return members.map(({ name }) => name.split(' ')[1] ?? '').filter((word) => word !== '')
}
