import { hostname, userInfo } from 'node:os'

/** Who and where this process is, as keys and snapshots record it. */
export function currentIdentity(): { username: string; hostname: string; uid: number; gid: number } {
  const { username, uid, gid } = currentUser()
  return { username, hostname: hostname(), uid: Math.max(uid, 0), gid: Math.max(gid, 0) }
}

/** A user without an entry in the system's list, as in containers, has no name. */
function currentUser(): { username: string; uid: number; gid: number } {
  try {
    return userInfo()
  } catch {
    return { username: '', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  }
}
