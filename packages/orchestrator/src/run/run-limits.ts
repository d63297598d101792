import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { RunLimits } from './run-queue.ts'

/** How much may be done at once, as the configuration says. */
export function runLimits({ host, server, repositories, sources, agents }: EffectiveConfig): RunLimits {
  return new Map([
    [`host/${host}`, server.concurrency.host],
    ...[...agents].map(([name, { concurrency }]) => [`agent/${name}`, concurrency] as const),
    ...[...repositories].map(([name, { limits }]) => [`repository/${name}`, limits.concurrency] as const),
    ...[...sources.keys()].map((name) => [`source/${name}`, server.concurrency.source] as const),
  ])
}
