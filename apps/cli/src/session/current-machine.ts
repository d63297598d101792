import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { currentIdentity } from './identity.ts'
import { defaultWorkers } from './worker-count.ts'

/** This process and this machine, for operations of the configuration. */
export function currentMachine({ global, variables }: Pick<Invocation, 'global' | 'variables'>): Machine {
  const cacheDirectory = global.cacheDir ?? join(variables('XDG_CACHE_HOME') || join(homedir(), '.cache'), 'holdfast')
  return {
    variable: variables,
    resolveSecret: async (reference, ctx) => {
      const { resolveSecret } = await import('@holdfast/orchestrator/config/resolve-secret')
      return await resolveSecret(reference, { variables }, ctx)
    },
    random: Math.random,
    identity: { ...currentIdentity(), pid: process.pid },
    homeDirectory: homedir(),
    temporaryDirectory: variables('TMPDIR') || tmpdir(),
    cacheDirectory: global.noCache ? undefined : cacheDirectory,
    version: programVersion(),
    workers: defaultWorkers(),
  }
}
