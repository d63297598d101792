import { linesOf } from './text-file.ts'

/**
 * The patterns of a pattern file: one a line, trimmed; empty lines and lines that begin with `#` are skipped. `$NAME`
 * and `${NAME}` stand for what `lookUp` gives ('' for an unknown name), `$$` for a dollar sign; `~` is an ordinary
 * character.
 */
export function parsePatternFile(text: string, lookUp: (name: string) => string): string[] {
  return linesOf(text)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => expandVariables(line, lookUp))
    .filter((line) => line !== '')
}

/**
 * Go's os.Expand: names are letters, digits and `_`, or one of the shell's special characters; a dollar sign before
 * anything else stays; `${}` and an unclosed `${` vanish.
 */
function expandVariables(line: string, lookUp: (name: string) => string): string {
  return line.replace(variable, (whole, special?: string, braced?: string, plain?: string, broken?: string) => {
    const name = special ?? braced ?? plain
    if (name !== undefined) return name === '$' ? '$' : lookUp(name)
    return broken === undefined ? whole : ''
  })
}

const variable = /\$(?:([*#$@!?\-0-9])|\{([^}]+)\}|(\w+)|(\{\}?))/g
