import { type Role, roles } from '@holdfast/core/access/role'

/** Who asks. `agent` is no step between the others: agents have routes of their own, and nobody else has those. */
export interface Caller {
  /** `local`: nobody signed in, on a loopback address where nobody has to; `nobody`: not signed in where one has to */
  readonly kind: 'local' | 'user' | 'token' | 'agent' | 'nobody'
  /** user name, name of the token, name of the agent */
  readonly name: string
  /** `none`: public routes only */
  readonly role: Role | 'agent' | 'none'
  /** only these sources are seen and touched; absent: all */
  readonly sources?: readonly string[]
}

/** Whether a caller may use what asks for at least this role. */
export function mayDo(caller: Pick<Caller, 'role'>, least: Role | 'agent' | 'public'): boolean {
  if (least === 'public') return true
  if (least === 'agent' || caller.role === 'agent') return least === caller.role
  if (caller.role === 'none') return false
  return roles.indexOf(caller.role) >= roles.indexOf(least)
}

/** Whether a caller that may see only some sources may see this one. */
export function maySee(caller: Pick<Caller, 'sources'>, source: string): boolean {
  return caller.sources === undefined || caller.sources.includes(source)
}
