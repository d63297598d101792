import type { SaveSettings } from '../save-settings.ts'

/** Beside them one thread receives and reads the log; more would want more memory than they bring (decision 022). */
const workersAtMost = 3

/** How a log that is followed is written, from how snapshots are. */
export function logSaveSettings(settings: SaveSettings): SaveSettings {
  return { ...settings, workers: Math.min(settings.workers, workersAtMost) }
}
