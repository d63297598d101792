import type { DiscoveredService, DiscoveredVolume, Discovery, Hazard } from './discovery.ts'
import { placeText } from './place-text.ts'

export interface SetupChoice {
  /** location of the first repository */
  readonly location: string
  /** file with its password, as it is to be written */
  readonly passwordFile: string
  readonly now: Date
}

/**
 * A commented configuration for what was found: what can be protected at once is a source, what needs a decision is a
 * comment. Everything in it holds for the schemas.
 */
export function writeSetup({ services, volumes, hazards }: Discovery, choice: SetupChoice): string {
  const open = services.filter(({ protectedBy }) => protectedBy === undefined)
  const files = volumes.filter(({ protectedBy, holds }) => protectedBy === undefined && holds === undefined)
  const blocks = [...open.map(serviceBlock), ...files.map(volumeBlock)]
  const isEmpty = blocks.every(({ isActive }) => !isActive)
  const parts = [
    heading(choice),
    ...(hazards.length === 0 ? [] : [hazardComment(hazards)]),
    repositoryBlock(choice),
    [
      isEmpty ? 'sources: {}' : 'sources:',
      ...(blocks.length === 0 ? [comment(exampleSource)] : []),
      ...blocks.map(({ text, isActive }) => (isActive ? text : comment(text))),
    ].join('\n'),
    comment(exampleNotifications),
  ]
  return `${parts.join('\n\n')}\n`
}

interface Block {
  readonly text: string
  readonly isActive: boolean
}

function heading({ now }: SetupChoice): string {
  return [
    `# Written by \`holdfast setup\` on ${now.toISOString().slice(0, 10)}: what was found on this machine, with a suggestion for each.`,
    '# `holdfast config check` looks for mistakes, `holdfast config show` prints everything that holds, defaults included,',
    '# and `holdfast config explain sources` says where each value comes from.',
  ].join('\n')
}

function hazardComment(hazards: readonly Hazard[]): string {
  const lines = hazards.map(({ severity, subject, message, advice }) =>
    oneLine(`#   ${severity}: ${subject} ${message}. ${advice}`),
  )
  return ['# Set up dangerously:', ...lines].join('\n')
}

function repositoryBlock({ location, passwordFile }: SetupChoice): string {
  return [
    'repositories:',
    '  local:',
    `    location: ${quoted(location)}`,
    '    # Keep a copy of this password in another place: without it nothing can be restored.',
    `    password: { file: ${quoted(passwordFile)} }`,
    comment(`  # A second copy somewhere else survives the loss of this machine:
  offsite:
    location: s3:https://s3.example.com/bucket/holdfast
    password: { file: ${quoted(passwordFile)} }
    variables:
      AWS_ACCESS_KEY_ID: { env: AWS_ACCESS_KEY_ID }
      AWS_SECRET_ACCESS_KEY: { file: s3-secret }
    medium: object
    offSite: true`),
  ].join('\n')
}

const exampleSource = `  www:
    type: files
    tier: important
    paths: [/srv/www]`

const exampleNotifications = `notifications:
  channels:
    ops: { type: slack, url: { env: SLACK_WEBHOOK } }`

function serviceBlock(service: DiscoveredService): Block {
  const { kind, name, found } = service
  const about = `    # ${oneLine(placeText(found))}`
  const server = ownServers[kind]
  const connection = server === undefined ? undefined : connectionOf(service, server)
  if (server !== undefined && connection !== undefined) {
    const text = [
      `  ${keyOf(name)}:`,
      about,
      `    type: ${kind}`,
      `    # "critical" also follows the ${server.log}.`,
      '    tier: important',
      `    connection: ${quoted(connection)}`,
      `    # password: { file: ${kind}-password }   # or ${server.passwordFile}`,
    ]
    return { text: text.join('\n'), isActive: true }
  }
  const words = dumpCommands[kind] ?? []
  const text = [
    `  ${keyOf(name)}:`,
    about,
    '    # Complete this and remove the comment signs.',
    ...(server !== undefined
      ? [`    type: ${kind}`, `    connection: ${kind}://holdfast@${keyOf(name)}`]
      : ['    type: command', `    command: [${words.map(quoted).join(', ')}]`, `    fileName: ${kind}.dump`]),
  ]
  return { text: text.join('\n'), isActive: false }
}

interface OwnServer {
  /** of a URI, after the port */
  readonly path: string
  readonly log: string
  readonly passwordFile: string
}

/** Servers that are sources of their own kind, named as the service is. */
const ownServers: Readonly<Partial<Record<DiscoveredService['kind'], OwnServer>>> = {
  postgresql: {
    path: '/postgres',
    log: 'WAL, so that any second can be restored; its role needs REPLICATION',
    passwordFile: '~/.pgpass',
  },
  mysql: {
    path: '',
    log: 'binary log, so that any second can be restored; its account needs REPLICATION SLAVE',
    passwordFile: '~/.my.cnf',
  },
}

/** What makes a backup of the others, until they are sources of their own kind. */
const dumpCommands: Readonly<Partial<Record<DiscoveredService['kind'], readonly string[]>>> = {
  mongodb: ['mongodump', '--archive', '--oplog'],
  redis: ['redis-cli', '--rdb', '-'],
  elasticsearch: ['elasticdump', '--input=http://127.0.0.1:9200', '--output=$'],
}

/** How a server is reached from here; undefined when it is not. */
function connectionOf({ kind, found }: DiscoveredService, { path }: OwnServer): string | undefined {
  switch (found.type) {
    case 'port':
      return `${kind}://holdfast@${found.host.includes(':') ? `[${found.host}]` : found.host}:${found.port}${path}`
    case 'socket':
      // only PostgreSQL is found by its sockets
      return `host=${found.directory} port=${found.port} user=holdfast dbname=postgres`
    case 'compose':
    case 'container':
      return found.port === undefined ? undefined : `${kind}://holdfast@127.0.0.1:${found.port}${path}`
  }
}

function volumeBlock({ name, usedBy, directory }: DiscoveredVolume): Block {
  const users = usedBy.length === 0 ? 'no container' : usedBy.join(', ')
  const text = [
    `  ${keyOf(name)}:`,
    `    # ${oneLine(`volume of ${users}`)}`,
    '    type: files',
    '    tier: important',
    `    paths: [${quoted(directory ?? `/var/lib/docker/volumes/${name}/_data`)}]`,
  ]
  return { text: text.join('\n'), isActive: directory !== undefined }
}

/** A name that sources take, and that YAML reads as a text. */
function keyOf(name: string): string {
  const key = name.replace(/[^\p{L}\p{N}._-]/gu, '-').replace(/^[._-]+/, '') || 'source'
  return /^[a-z][\w.-]*$/i.test(key) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(key)
    ? key.slice(0, 63)
    : quoted(key.slice(0, 63))
}

/** Plain where YAML reads the same, else in double quotes; `${` is not filled in. */
function quoted(text: string): string {
  const literal = text.replaceAll('${', () => '$${')
  return /^[\w/.][\w/.:@=+-]*$/.test(literal) && !literal.endsWith(':') && !/^[\d.]+$/.test(literal)
    ? literal
    : JSON.stringify(literal)
}

/** What was found may hold anything, but a comment ends with its line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

function comment(text: string): string {
  return text.replace(/^( *)(?!#)(?=\S)/gm, '$1# ')
}
