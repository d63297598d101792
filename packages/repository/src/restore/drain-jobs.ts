import { isAppError } from '@holdfast/core/errors/app-error'
import type { WorkerPool } from '../engine/worker-pool.ts'

/** One job is worked on, one waits, so that no worker is idle while the scheduler thinks. */
const outstandingAtMost = 2

export interface JobSource<Job, Result> {
  /** the next job for this worker; undefined when there is none at the moment */
  next(worker: number): Job | undefined
  done(job: Job, result: Result, worker: number): void
  /** called at the first failure: the other workers should end soon */
  stop(): void
}

/**
 * Runs jobs until the source has none and all are done. After a failure no further job is started, those that run are
 * awaited, and the failure is thrown (an interruption only if nothing else went wrong).
 */
export function drainJobs<Job, Result>(pool: WorkerPool<Job, Result>, source: JobSource<Job, Result>): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = 0
    const failures: unknown[] = []
    const fail = (error: unknown): void => {
      failures.push(error)
      source.stop()
    }
    const start = (worker: number): boolean => {
      const job = source.next(worker)
      if (job === undefined) return false
      running++
      void pool.run(worker, job).then(
        (result) => settle(() => source.done(job, result, worker)),
        (error: unknown) => settle(() => fail(error)),
      )
      return true
    }
    const settle = (action: () => void): void => {
      running--
      try {
        action()
        if (failures.length === 0) fill()
      } catch (error) {
        fail(error)
      }
      if (running > 0) return
      if (failures.length === 0) resolve()
      else reject(failures.find((error) => !isAppError(error, 'INTERRUPTED')) ?? failures[0])
    }
    /** One job for each worker first, then a second. */
    const fill = (): void => {
      for (let load = 0; load < outstandingAtMost; load++) {
        for (let worker = 0; worker < pool.size; worker++) if (pool.load(worker) <= load) start(worker)
      }
    }
    running++
    settle(() => {})
  })
}
