import { statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Whose a place is that this process may not use: "/backup/config belongs to user 0 (mode 400), and this is user 101". Most
 * often somebody else wrote the repository: root, and now the database's own user asks for WAL. Undefined where ownership
 * is not what stands in the way.
 */
export function describeDenial(path: string): string | undefined {
  const user = process.geteuid?.()
  if (user === undefined || user === 0) return undefined
  for (let place = path; ; place = dirname(place)) {
    const found = statOf(place)
    if (found !== undefined) {
      const mode = (found.mode & 0o777).toString(8)
      return found.uid === user
        ? undefined
        : `${place} belongs to user ${found.uid} (mode ${mode}), and this is user ${user}`
    }
    if (place === dirname(place)) return undefined
  }
}

function statOf(path: string): { readonly uid: number; readonly mode: number } | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
