import { defaultKeep, defaultPromise, defaultTiers } from '@holdfast/core/config/default-tiers'
import {
  concreteSchema,
  discriminatorOf,
  elementOf,
  fieldsOf,
  literalsOf,
  unionMembers,
} from '@holdfast/core/config/schema/concrete-schema'
import { configSchema } from '@holdfast/core/config/schema/config-schema'
import { notificationSchema } from '@holdfast/core/config/schema/notification-schema'
import { promiseShape } from '@holdfast/core/config/schema/promise-schema'
import { mapAt, type SettingMap } from '@holdfast/core/config/setting'

type Schema = Parameters<typeof concreteSchema>[0]

const introduction = `Written by \`apps/cli/src/reference/write-cli-reference.ts\` from the schemas; do not edit. The same as JSON Schema is
[holdfast.schema.json](holdfast.schema.json): an editor with a YAML language server completes and checks with

\`\`\`yaml
# yaml-language-server: $schema=holdfast.schema.json
\`\`\`

in its first line, with the path at which the schema lies. The configuration is found by \`--config\`, \`$HOLDFAST_CONFIG\`, \`./holdfast.yaml\`,
\`/etc/holdfast/holdfast.yaml\`, in that order. \`holdfast config check\` reports everything wrong with file and line,
\`holdfast config show\` prints what holds, \`holdfast config explain sources.shop.keep\` says why.`

const forms = [
  'Durations have units: `15m`, `1h30m`, `7d` (ms, s, m, h, d). Sizes too, in powers of 1024: `500MiB`, `2GiB`. Shares are `50%` or `0.5`.',
  'A schedule is a cron line of five fields (six with seconds first), or `{ cron, timeZone, jitter }`. It fires exactly once where clocks are changed.',
  'A window is `22:00-06:00`, or `{ between, days, timeZone }`; it may cross midnight.',
  'A secret is never written here. It is referred to: `{ env: NAME }`, `{ file: path }` (a newline at the end is cut), `{ command: [program, argument] }` (no shell, ten seconds at most), and looked up when it is needed, so that a rotated one needs no restart.',
  '`${NAME}` and `${NAME:-default}` are filled in from the environment in every value; `$${` is a plain `${`. Variables that hold secrets are refused.',
  'Paths are relative to the file they are written in. `include` adds further files; nothing may be said twice.',
]

/** docs/reference/configuration.md, from the schemas. */
export function renderConfigReference(): string {
  const fields = fieldsOf(configSchema) ?? {}
  const sections = [
    '# Configuration',
    introduction,
    forms.map((form) => `- ${form}`).join('\n'),
    '## Top level',
    fieldList(fields, new Set()),
    ...['repositories', 'tiers', 'sources', 'applications', 'notifications'].flatMap((name) =>
      section(name, fields[name]),
    ),
    ...section('notifications.channels', fieldsOf(notificationSchema)?.['channels']),
    ...['catalogue', 'server'].flatMap((name) => section(name, fields[name])),
    '## Built-in tiers',
    'What a tier says is put over this, and what a source says over its tier, field by field.',
    tierTable(),
  ]
  return `${sections.join('\n\n')}\n`
}

function section(name: string, field: Schema | undefined): string[] {
  if (field === undefined) return []
  const { schema, meta } = concreteSchema(field)
  const element = elementOf(schema)
  const title = `## ${name}`
  const about = escape(meta.description ?? '')
  const held = element === undefined ? schema : concreteSchema(element).schema
  const key = element === undefined ? name : `${name}.<name>`
  const discriminator = discriminatorOf(held)
  if (discriminator === undefined)
    return [title, `${about} Keys of \`${key}\`:`, fieldList(fieldsOf(held) ?? {}, new Set())]
  const members = unionMembers(held).map((member) => fieldsOf(member) ?? {})
  const names = members.map((member) => Object.keys(member))
  const shared = new Set(
    (names[0] ?? []).filter((each) => each !== discriminator && names.every((all) => all.includes(each))),
  )
  const isPromise = (each: string) => each in promiseShape
  const kinds = members.flatMap((member) => {
    const word = literalsOf(member[discriminator] ?? held).join(' or ')
    const own = fieldList(member, new Set([...shared, discriminator]))
    return [`### ${discriminator}: ${word}`, own === '' ? 'Nothing more.' : own]
  })
  const common = Object.fromEntries(
    Object.entries(members[0] ?? {}).filter(([each]) => shared.has(each) && !isPromise(each)),
  )
  const ofAll =
    shared.size === 0
      ? []
      : [
          `Keys of \`${key}\`, whatever its type, beside [all that a tier may say](#tiers):`,
          fieldList(common, new Set()),
        ]
  return [title, about, ...ofAll, ...kinds]
}

function fieldList(fields: Readonly<Record<string, Schema>>, without: ReadonlySet<string>): string {
  return Object.entries(fields)
    .filter(([name]) => !without.has(name))
    .flatMap(([name, field]) => fieldLines(name, field))
    .join('\n')
}

/** A field, and those within it by their paths. What has a section of its own is not entered. */
function fieldLines(path: string, field: Schema): string[] {
  const found = concreteSchema(field)
  const { meta, isOptional, defaultValue } = found
  const inner = fieldsOf(found.schema)
  const isGroup = inner !== undefined && meta.secret !== true && meta.shorthand === undefined
  const fallback =
    defaultValue === undefined
      ? isOptional
        ? 'optional'
        : 'required'
      : isGroup || isEmpty(defaultValue)
        ? 'optional'
        : `default \`${inWords(defaultValue)}\``
  const line = `- \`${path}\` (${formOf(field)}; ${fallback}): ${escape(meta.description ?? '')}`
  if (sectionNames.has(path)) return [line]
  const member = isList(found.schema) ? elementOf(found.schema) : undefined
  const fields = isGroup ? inner : member === undefined ? undefined : plainFields(member)
  const at = isGroup ? path : `${path}[]`
  return [line, ...Object.entries(fields ?? {}).flatMap(([name, each]) => fieldLines(`${at}.${name}`, each))]
}

/** Of a member of a list, unless a shorthand says what it is. */
function plainFields(member: Schema): Readonly<Record<string, Schema>> | undefined {
  const { schema, meta } = concreteSchema(member)
  return meta.shorthand === undefined ? fieldsOf(schema) : undefined
}

const sectionNames = new Set(['notifications', 'server'])

function formOf(field: Schema): string {
  const { schema, meta } = concreteSchema(field)
  if (meta.secret === true) return meta.shorthand === undefined ? 'secret' : 'text or secret'
  if (meta.shorthand === 'cron') return 'schedule'
  if (meta.shorthand === 'between') return 'window'
  const examples = (meta.examples ?? []).map((example) => `\`${String(example)}\``)
  if (examples.length > 0) return `such as ${examples.join(', ')}`
  const words = literalsOf(schema)
  if (words.length > 0) return words.map((word) => `\`${word}\``).join(' or ')
  const members = unionMembers(schema)
  if (members.length > 1 && discriminatorOf(schema) === undefined) return members.map(formOf).join(' or ')
  const element = elementOf(schema)
  if (element !== undefined) return isList(schema) ? `list of ${plural(formOf(element))}` : 'map'
  if (fieldsOf(schema) !== undefined || discriminatorOf(schema) !== undefined) return 'map'
  return leafForms[schema._zod.def.type] ?? 'text'
}

const leafForms: Readonly<Record<string, string>> = { number: 'number', int: 'number', boolean: '`true` or `false`' }

function isList(schema: Schema): boolean {
  return schema._zod.def.type === 'array'
}

function plural(form: string): string {
  return /^(?:text|map|window|number)$/.test(form) ? `${form}s` : form
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${String(each)}`)
    .join(', ')} }`
}

function tierTable(): string {
  const tiers: Readonly<Record<string, SettingMap>> = {
    'all tiers': { ...defaultPromise, keep: defaultKeep },
    ...defaultTiers,
  }
  const rows = Object.entries(tiers).map(([name, tier]) => [
    name,
    ...['rpo', 'rto'].map((key) => textOf(tier[key])),
    textOf(mapAt(tier, 'backup')['cron']),
    textOf(tier['log']),
    textOf(tier['repositories']),
    listOf(mapAt(tier, 'keep')),
    listOf(proofsOf(mapAt(tier, 'prove'))),
  ])
  const others = ['copyMethod', 'timeout', 'retries'].map((key) => `\`${key}: ${textOf(defaultPromise[key])}\``)
  const header = ['tier', 'rpo', 'rto', 'backup', 'log', 'repositories', 'keep', 'prove']
  const table = alignTable([header, ...rows])
  return `${table}\n\nFor all: ${others.join(', ')}, \`anomaly: ${inWords(mapAt(defaultPromise, 'anomaly'))}\`, \`jitter: 5m\`.`
}

function proofsOf(prove: SettingMap): SettingMap {
  return Object.fromEntries(Object.keys(prove).map((key) => [key, mapAt(prove, key)['cron'] ?? textOf(prove[key])]))
}

function listOf(map: SettingMap): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}: ${textOf(value)}`)
    .join(', ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Padded as the formatter of the project does it. */
function alignTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row, at) => row.map((cell) => (at === 0 || cell === '' ? cell : `\`${cell}\``)))
  const widths = (cells[0] ?? []).map((_cell, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) => `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join('\n')
}

/** Characters that Markdown would read as markup, outside of code. */
function escape(text: string): string {
  return text
    .split('`')
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/[*_<>]/g, (character) => `\\${character}`)))
    .join('`')
}
