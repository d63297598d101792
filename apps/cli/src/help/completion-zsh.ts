import { type CompletedCommand, type CompletedOption, firstWords } from './completion-source.ts'

/** A completion script for zsh. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const words = [...firstWords(commands)]
  const branches = words.map(([first, members]) => {
    const alone = members.find(({ name }) => name === first)
    return `    ${first})\n${alone === undefined ? groupBranch(members) : argumentsOf(alone, '      ')}\n      ;;`
  })
  return `#compdef holdfast
# zsh completion of holdfast
_holdfast() {
  local -a commands
  commands=(
${words.map(([first, members]) => `    ${quote(`${first}:${members[0]?.name === first ? members[0].purpose : `Commands on ${first}s`}`)}`).join('\n')}
    'help:Show the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
    help) _describe command commands ;;
${branches.join('\n')}
  esac
}
if [ "$funcstack[1]" = _holdfast ]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`
}

function groupBranch(members: readonly CompletedCommand[]): string {
  const names = members.map(({ name, purpose }) => quote(`${name.split(' ')[1] ?? ''}:${purpose}`)).join(' ')
  const cases = members.map(
    (member) => `        ${member.name.split(' ')[1] ?? ''})\n${argumentsOf(member, '          ')}\n          ;;`,
  )
  return `      if (( CURRENT == 3 )); then
        local -a members
        members=(${names})
        _describe command members
        return
      fi
      case "$words[3]" in
${cases.join('\n')}
      esac`
}

function argumentsOf(command: CompletedCommand, indent: string): string {
  const specs = command.options.flatMap(optionSpecs)
  const rest =
    command.choices.length > 0
      ? [quote(`1:word:(${command.choices.join(' ')})`)]
      : [quote(`*:argument:${action(command.completes)}`)]
  return `${indent}_arguments -s ${[...specs, ...rest].join(` \\\n${indent}  `)}`
}

function optionSpecs(option: CompletedOption): string[] {
  const help = option.help.replace(/[[\]:]/g, (character) => `\\${character}`)
  const value = option.takesValue
    ? `:value:${option.choices.length > 0 ? `(${option.choices.join(' ')})` : action(option.completes)}`
    : ''
  const long = quote(`*${option.long}${option.takesValue ? '=' : ''}[${help}]${value}`)
  return option.short === undefined ? [long] : [long, quote(`*-${option.short}[${help}]${value}`)]
}

function action(completes: 'file' | 'directory' | undefined): string {
  if (completes === undefined) return ' '
  return completes === 'file' ? '_files' : '_files -/'
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
