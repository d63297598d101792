import { kill } from 'node:process'

/** Who holds a lock, as other programs will be told. */
export interface LockIdentity {
  /** unique among the machines and containers that use the repository */
  readonly hostname: string
  readonly username: string
  readonly pid: number
  readonly uid?: number
  readonly gid?: number
}

/** Whether a process of that number exists in this process's own process space; one of another user does too. */
export function isProcessAlive(pid: number): boolean {
  try {
    kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
