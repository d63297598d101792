import { defined } from '../defined.ts'
import type { WorkloadSettings } from '../effective-config.ts'
import type { WholeSource } from '../schema/source-schema.ts'

/** What kind of workload it is, and what that kind needs to know. */
export function workloadSettings(name: string, source: WholeSource): WorkloadSettings {
  switch (source.type) {
    case 'files': {
      const { type, paths, excludes, excludeCaches, oneFileSystem } = source
      return { type, paths, excludes, excludeCaches, oneFileSystem }
    }
    case 'command': {
      const { type, command, fileName, minimumBytes } = source
      return { type, command, fileName, minimumBytes }
    }
    case 'postgresql': {
      const { type, connection, password, method, dataDirectory, databases, slot, flushEvery, assertions } = source
      return {
        type,
        connection,
        method,
        databases,
        slot: slot ?? slotName(name),
        flushEveryMs: flushEvery,
        assertions,
        ...defined({ password, dataDirectory }),
      }
    }
  }
}

/** Whether there is a log between backups that can be followed: what point-in-time recovery needs. */
export function hasLog(source: Pick<WholeSource, 'type'> & { readonly method?: string }): boolean {
  return source.type === 'postgresql' && source.method !== 'logical'
}

/** PostgreSQL takes small letters, digits and underscores. */
function slotName(source: string): string {
  return `holdfast_${source.toLowerCase().replace(/[^a-z0-9_]/g, '_')}`.slice(0, 63)
}
