import { setTimeout as delay } from 'node:timers/promises'
import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import { hasLog } from '@holdfast/core/config/resolve/workload-settings'
import { type Context, withSignal } from '@holdfast/core/context'
import { createRepositoryPool } from '../operation/repository-pool.ts'
import { followSource } from './follow-source.ts'
import { type FollowedSource, FollowRecorder, type SupervisedLogs } from './follow-recorder.ts'
import { createMarkLease } from './mark-lease.ts'

/** Follows the logs of all sources that are to be followed. */
export interface LogSupervisor extends AsyncDisposable {
  /** Begins what is new, ends what is gone, and begins anew what has changed. */
  update(config: EffectiveConfig): void
}

interface Followed {
  /** of everything that the following depends on */
  readonly key: string
  readonly stop: AbortController
  readonly done: Promise<void>
}

const leaseMs = 30_000
const renewEveryMs = 10_000
const firstPauseMs = 2_000
const longestPauseMs = 300_000

export function createLogSupervisor(given: SupervisedLogs, ctx: Context): LogSupervisor {
  const followed = new Map<string, Followed>()
  const end = (name: string): void => {
    followed.get(name)?.stop.abort(ctx.signal.reason)
    followed.delete(name)
  }
  const ending: Promise<void>[] = []
  return {
    update(config) {
      const wanted = new Map([...config.sources].flatMap(([name, source]) => entryOf(name, source)))
      for (const [name, { key, done }] of followed) {
        const source = wanted.get(name)
        if (source !== undefined && keyOf(source, config) === key) continue
        ending.push(done)
        end(name)
      }
      for (const [name, source] of wanted) {
        if (followed.has(name)) continue
        const stop = new AbortController()
        const signal = AbortSignal.any([ctx.signal, stop.signal])
        const own = withSignal(ctx, signal)
        const done = keepFollowing(source, config, given, own)
        followed.set(name, { key: keyOf(source, config), stop, done })
      }
    },
    async [Symbol.asyncDispose]() {
      ending.push(...[...followed.values()].map(({ done }) => done))
      for (const name of followed.keys()) end(name)
      await Promise.allSettled(ending)
    },
  }
}

function entryOf(name: string, source: SourceSettings): readonly (readonly [string, FollowedSource])[] {
  const { workload, log } = source
  if (log !== 'continuous' || workload.type === 'files' || workload.type === 'command' || !hasLog(workload)) return []
  return [[name, { ...source, workload }]]
}

function keyOf({ workload, repositories }: FollowedSource, config: EffectiveConfig): string {
  const places = repositories.map((name) => {
    const { location, password, variables, options, limits } = config.repositories.get(name) ?? {}
    return { location, password, variables: [...(variables ?? [])], options: [...(options ?? [])], limits }
  })
  return JSON.stringify([config.host, workload, repositories, places])
}

/** Until the signal. Whatever fails is tried again, after growing pauses. */
async function keepFollowing(
  source: FollowedSource,
  config: EffectiveConfig,
  given: SupervisedLogs,
  ctx: Context,
): Promise<void> {
  const { catalogue, machine, worker } = given
  const lease = createMarkLease(catalogue.marks, `follower/${source.name}`, worker, leaseMs)
  let pauseMs = firstPauseMs
  while (!ctx.signal.aborted) {
    const recorder = new FollowRecorder(source, given, ctx)
    const startedMs = ctx.now().getTime()
    try {
      if (!(await lease.hold(ctx))) {
        await pause(renewEveryMs, ctx)
        continue
      }
      await recorder.begin()
      ctx.emit({ type: 'message.noted', level: 'info', message: `the log of ${source.name} is followed by ${worker}` })
      await using repositories = createRepositoryPool(config.repositories, machine)
      const stop = new AbortController()
      const signal = AbortSignal.any([ctx.signal, stop.signal])
      const own: Context = { signal, now: () => ctx.now(), emit: (event) => recorder.take(event) }
      const minder = setInterval(() => {
        void lease.hold(ctx).then(
          (isHeld) => isHeld || stop.abort(),
          () => {},
        )
        void recorder.look(own)
      }, renewEveryMs)
      try {
        await followSource({ source, workload: source.workload, repositories, machine, host: config.host }, own)
      } finally {
        clearInterval(minder)
        await recorder.flush()
        await lease.release()
      }
    } catch (error) {
      if (ctx.signal.aborted) break
      await recorder.fail(error).catch(() => {})
    }
    if (ctx.now().getTime() - startedMs > longestPauseMs) pauseMs = firstPauseMs
    await pause(pauseMs, ctx)
    pauseMs = Math.min(longestPauseMs, 2 * pauseMs)
  }
}

async function pause(durationMs: number, { signal }: Context): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => {})
}
