import { logSaveSettings } from '@holdfast/orchestrator/log/log-save-settings'
import type { LogWriterOptions } from '@holdfast/repository/log/log-writer'
import type { Invocation } from '../command/command.ts'
import { currentIdentity } from '../session/identity.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'

/** How a command writes to a source's log. `hostname`: of the source. */
export function logWriterOptionsOf(
  invocation: Pick<Invocation, 'global' | 'output'>,
  hostname: string,
): LogWriterOptions {
  return { settings: logSaveSettings(saveSettingsOf(invocation, hostname)), lock: { identity: lockIdentity() } }
}

function lockIdentity(): LogWriterOptions['lock']['identity'] {
  return { ...currentIdentity(), pid: process.pid }
}
