import type { SaveSettings } from '@holdfast/orchestrator/save-settings'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { currentIdentity } from './identity.ts'
import { packBytesOf } from './pack-size.ts'
import { defaultWorkers } from './worker-count.ts'

/** How a command writes snapshots of a source on `hostname`. */
export function saveSettingsOf(
  { global, output }: Pick<Invocation, 'global' | 'output'>,
  hostname: string,
): SaveSettings {
  return {
    identity: { ...currentIdentity(), hostname },
    programVersion: `holdfast ${programVersion()}`,
    compression: global.compression ?? 'auto',
    packBytes: packBytesOf(global.packSize),
    workers: defaultWorkers(),
    verbose: output.verbosity >= 2,
  }
}
