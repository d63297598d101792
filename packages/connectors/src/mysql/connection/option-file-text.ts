/**
 * The values of groups of a MySQL option file ("Using Option Files" in the manual): later ones replace earlier ones,
 * dashes and underscores are the same, quotes around a value are not part of it. `!include` is not followed.
 */
export function readOptionFile(text: string, groups: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let isWanted = false
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';') || line.startsWith('!')) continue
    const group = /^\[(.+)\]$/.exec(line)?.[1]
    if (group !== undefined) isWanted = groups.includes(group.trim())
    else if (isWanted) {
      const [, name = '', value = ''] = /^([^=\s]+)\s*(?:=\s*(.*))?$/s.exec(line) ?? []
      values.set(name.replaceAll('_', '-'), unquote(value))
    }
  }
  return values
}

/** One line of an option file whose value is taken as it is, whatever signs are in it. */
export function optionFileLine(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"\n`
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', s: ' ' }

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(value)?.[2]
  const bare = quoted ?? value.replace(/\s+#.*$/, '')
  return bare.replaceAll(/\\(.)/gs, (whole, sign: string) => escapes[sign] ?? (/[\\"']/.test(sign) ? sign : whole))
}
