import { stringify } from 'yaml'

type Values = Readonly<Record<string, unknown>>

/**
 * Fills in the few forms of Helm's templates that our chart uses: paths, `default`, `toYaml … | nindent`, `if`. Any other
 * form is an error, so that the chart stays one that can be checked without Helm, which no package brings.
 */
export function renderTemplate(template: string, values: Values): string {
  const inIfs = template.replaceAll(
    /^ *\{\{- if (\S+) \}\}\n([\s\S]*?)^ *\{\{- end \}\}\n/gm,
    (_whole, path: string, inside: string) => (isTruthy(valueAt(values, path)) ? inside : ''),
  )
  return inIfs
    .replaceAll(/\n? *\{\{- toYaml (\S+) \| nindent (\d+) \}\}/g, (_whole, path: string, indent: string) =>
      indented(valueAt(values, path), Number(indent)),
    )
    .replaceAll(/\{\{ (\S+)(?: \| default (\S+))? \}\}/g, (_whole, path: string, other?: string) => {
      const value = valueAt(values, path)
      return String(isTruthy(value) || other === undefined ? value : valueAt(values, other))
    })
}

function indented(value: unknown, indent: number): string {
  const lines = stringify(value).trimEnd().split('\n')
  return lines.map((line) => `\n${' '.repeat(indent)}${line}`).join('')
}

function valueAt(values: Values, path: string): unknown {
  let value: unknown = values
  for (const name of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null || !(name in value)) throw new Error(`the chart has no ${path}`)
    value = Reflect.get(value, name)
  }
  return value
}

const isTruthy = (value: unknown): boolean => value !== undefined && value !== '' && value !== false && value !== null
