import type { SaveSettings } from '../save-settings.ts'
import type { Machine } from './machine.ts'

/** How snapshots of a configured source are written; `hostname` is the source's. */
export function saveSettingsFor({ identity, version, workers }: Machine, hostname: string): SaveSettings {
  const { username, uid, gid } = identity
  return {
    identity: { username, uid, gid, hostname },
    programVersion: `holdfast ${version}`,
    compression: 'auto',
    packBytes: 16 << 20,
    workers,
    verbose: false,
  }
}
