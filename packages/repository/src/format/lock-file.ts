import { JsonFields } from './json-fields.ts'
import { jsonString } from './json-string.ts'
import { parseTimestamp } from './timestamp.ts'

/** A lock on a repository: who holds it, since when. */
export interface LockFile {
  /** RFC 3339 with nanoseconds */
  readonly time: string
  readonly exclusive: boolean
  readonly hostname: string
  readonly username: string
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

/** The JSON of a lock file, keys in restic's order. */
export function encodeLockFile(lock: LockFile): Buffer {
  const parts = [
    `"time":${jsonString(lock.time)},"exclusive":${lock.exclusive}`,
    `"hostname":${jsonString(lock.hostname)},"username":${jsonString(lock.username)},"pid":${lock.pid}`,
  ]
  if (lock.uid !== 0) parts.push(`"uid":${lock.uid}`)
  if (lock.gid !== 0) parts.push(`"gid":${lock.gid}`)
  return Buffer.from(`{${parts.join(',')}}`)
}

/** @throws AppError REPOSITORY_DAMAGED */
export function parseLockFile(json: Uint8Array, objectName: string): LockFile {
  const fields = JsonFields.parse(json, objectName)
  const time = fields.text('time')
  if (parseTimestamp(time) === undefined) throw fields.damaged('time is not a time')
  return {
    time,
    exclusive: fields.boolean('exclusive'),
    hostname: fields.text('hostname'),
    username: fields.text('username'),
    pid: fields.integer('pid'),
    uid: fields.integer('uid', 0xffffffff),
    gid: fields.integer('gid', 0xffffffff),
  }
}
