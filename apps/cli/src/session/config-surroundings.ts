import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { Variables } from '../argument/option.ts'

/** What a configuration takes from this machine. */
export function configSurroundings(variables: Variables): ConfigSurroundings {
  return {
    variables,
    hostname: hostname(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    stateDirectory: stateDirectory(variables),
  }
}

/** $HOLDFAST_STATE_DIR, the system's place for root, the user's own for others. */
function stateDirectory(variables: Variables): string {
  const named = variables('HOLDFAST_STATE_DIR')
  if (named !== undefined && named !== '') return named
  if (process.getuid?.() === 0) return '/var/lib/holdfast'
  return join(variables('XDG_STATE_HOME') || join(homedir(), '.local', 'state'), 'holdfast')
}
