import { isJsonObject, type JsonObject, JsonFields } from './json-fields.ts'
import { jsonString } from './json-string.ts'
import { encodeSummary, parseSummary, type SnapshotSummary } from './snapshot-summary.ts'
import { parseTimestamp } from './timestamp.ts'

/** A snapshot file. Absent texts are empty, absent lists too. */
export interface Snapshot {
  /** RFC 3339 with nanoseconds and the writer's zone; see `snapshotTime` */
  readonly time: string
  /** id of the snapshot that unchanged files were compared with */
  readonly parent?: string
  /** id of the root tree */
  readonly tree: string
  /** absolute, as given to the backup */
  readonly paths: readonly string[]
  readonly hostname: string
  readonly username: string
  readonly uid: number
  readonly gid: number
  readonly excludes: readonly string[]
  readonly tags: readonly string[]
  /** id of the first version of a snapshot that was changed since */
  readonly original?: string
  readonly programVersion: string
  readonly summary?: SnapshotSummary
  /** the JSON it was read from; keys that only another program knows are written again */
  readonly raw?: JsonObject
}

const knownKeys: ReadonlySet<string> = new Set([
  'time',
  'parent',
  'tree',
  'paths',
  'hostname',
  'username',
  'uid',
  'gid',
  'excludes',
  'tags',
  'original',
  'program_version',
  'summary',
])

/** The instant of a snapshot and the zone it was written in; retention counts days by that zone. */
export function snapshotTime(snapshot: Snapshot): { readonly ns: bigint; readonly offsetMinutes: number } {
  return parseTimestamp(snapshot.time) ?? { ns: 0n, offsetMinutes: 0 }
}

/** The JSON of a snapshot file, keys in restic's order, unknown ones after them. */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const parts = [`"time":${jsonString(snapshot.time)}`]
  if (snapshot.parent !== undefined) parts.push(`"parent":"${snapshot.parent}"`)
  parts.push(`"tree":"${snapshot.tree}"`, `"paths":${encodeTexts(snapshot.paths)}`)
  if (snapshot.hostname !== '') parts.push(`"hostname":${jsonString(snapshot.hostname)}`)
  if (snapshot.username !== '') parts.push(`"username":${jsonString(snapshot.username)}`)
  if (snapshot.uid !== 0) parts.push(`"uid":${snapshot.uid}`)
  if (snapshot.gid !== 0) parts.push(`"gid":${snapshot.gid}`)
  if (snapshot.excludes.length > 0) parts.push(`"excludes":${encodeTexts(snapshot.excludes)}`)
  if (snapshot.tags.length > 0) parts.push(`"tags":${encodeTexts(snapshot.tags)}`)
  if (snapshot.original !== undefined) parts.push(`"original":"${snapshot.original}"`)
  if (snapshot.programVersion !== '') parts.push(`"program_version":${jsonString(snapshot.programVersion)}`)
  if (snapshot.summary !== undefined) parts.push(`"summary":${encodeSummary(snapshot.summary)}`)
  for (const [key, value] of Object.entries(snapshot.raw ?? {})) {
    if (!knownKeys.has(key)) parts.push(`${jsonString(key)}:${JSON.stringify(value)}`)
  }
  return Buffer.from(`{${parts.join(',')}}`)
}

/** @throws AppError REPOSITORY_DAMAGED */
export function parseSnapshot(json: Uint8Array, objectName: string): Snapshot {
  const fields = JsonFields.parse(json, objectName)
  const time = fields.text('time')
  if (parseTimestamp(time) === undefined) throw fields.damaged('time is not a time')
  const parent = fields.optionalId('parent')
  const original = fields.optionalId('original')
  const summary = isJsonObject(fields.raw['summary']) ? parseSummary(fields.object('summary')) : undefined
  return {
    time,
    ...(parent === undefined ? {} : { parent }),
    tree: fields.id('tree'),
    paths: fields.texts('paths'),
    hostname: fields.text('hostname'),
    username: fields.text('username'),
    uid: fields.integer('uid', 0xffffffff),
    gid: fields.integer('gid', 0xffffffff),
    excludes: fields.texts('excludes'),
    tags: fields.texts('tags'),
    ...(original === undefined ? {} : { original }),
    programVersion: fields.text('program_version'),
    ...(summary === undefined ? {} : { summary }),
    raw: fields.raw,
  }
}

function encodeTexts(texts: readonly string[]): string {
  return `[${texts.map(jsonString).join(',')}]`
}
