import { setTimeout as pause } from 'node:timers/promises'
import { isAppError } from '@holdfast/core/errors/app-error'

/** One of the sessions: it ends by itself when `isStopped` says so. */
export interface LastingSession<Commit> {
  /** from 1 */
  readonly number: number
  /** what it committed, in that order, to be added to */
  readonly done: Commit[]
  isStopped(): boolean
}

export interface LastingSessions<Commit> {
  /** by session, from 1, each in the order of its commits */
  readonly commits: readonly (readonly Commit[])[]
  /** Ends every session; fails when one of them failed otherwise than by losing its server. */
  stop(): Promise<void>
}

/** Sessions that outlive their server: when it is gone, each is run again until it is back. */
export function startSessions<Commit>(
  count: number,
  run: (session: LastingSession<Commit>) => Promise<void>,
): LastingSessions<Commit> {
  const commits = Array.from({ length: count }, (): Commit[] => [])
  const state = { isStopped: false }
  const isStopped = (): boolean => state.isStopped
  const running = commits.map(async (done, index) => {
    while (!state.isStopped) {
      try {
        await run({ number: index + 1, done, isStopped })
      } catch (error) {
        if (!isAppError(error) || !error.retryable) throw error
        await pause(50)
      }
    }
  })
  // a failure is met by whoever stops the sessions
  for (const session of running) session.catch(() => {})
  return {
    commits,
    async stop() {
      state.isStopped = true
      await Promise.all(running)
    },
  }
}
