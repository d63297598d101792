import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { SupervisedLogs } from '@holdfast/orchestrator/log/follow-recorder'
import type { LogSupervisor } from '@holdfast/orchestrator/log/log-supervisor'

/** The following of logs, loaded when there is one to follow. */
export interface Following extends AsyncDisposable {
  update(config: EffectiveConfig): Promise<void>
}

export function createFollowing(given: SupervisedLogs, ctx: Context): Following {
  let supervisor: LogSupervisor | undefined
  return {
    async update(config) {
      const isWanted = [...config.sources.values()].some(({ log }) => log === 'continuous')
      if (supervisor === undefined && !isWanted) return
      const { createLogSupervisor } = await import('@holdfast/orchestrator/log/log-supervisor')
      supervisor ??= createLogSupervisor(given, ctx)
      supervisor.update(config)
    },
    [Symbol.asyncDispose]: async () => await supervisor?.[Symbol.asyncDispose](),
  }
}
