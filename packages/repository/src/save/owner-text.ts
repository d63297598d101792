import { jsonString } from '../format/json-string.ts'
import { createUserNames } from '../native/user-names.ts'
import type { OwnerText } from './node-text.ts'

/** The names that this machine has for owners. */
export function createOwnerText(): OwnerText {
  const names = createUserNames()
  const users = new Map<number, string>()
  const groups = new Map<number, string>()
  const cached = (known: Map<number, string>, key: string, id: number, find: (id: number) => string): string => {
    let json = known.get(id)
    if (json === undefined) {
      const name = find(id)
      json = name === '' ? '' : `,"${key}":${jsonString(name)}`
      known.set(id, json)
    }
    return json
  }
  return {
    user: (uid) => cached(users, 'user', uid, names.userName),
    group: (gid) => cached(groups, 'group', gid, names.groupName),
  }
}
