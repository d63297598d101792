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
    case 'mysql': {
      const { type, connection, password, method, dataDirectory, databases } = source
      const { lockAllTables, parallelDumps, serverId, flushEvery, assertions } = source
      const dumps = { databases, lockAllTables, parallelDumps }
      const written = { type, connection, method, ...dumps, flushEveryMs: flushEvery, assertions }
      return { ...written, ...defined({ password, dataDirectory, serverId }) }
    }
  }
}

/** Whether there is a log between backups that can be followed: what point-in-time recovery needs. */
export function hasLog(workload: WorkloadSettings | WholeSource): boolean {
  switch (workload.type) {
    case 'files':
    case 'command':
      return false
    case 'postgresql':
      return workload.method !== 'logical'
    case 'mysql':
      // the log is of the whole server, and cannot be replayed onto some of its databases
      return workload.databases.length === 0
  }
}

/** PostgreSQL takes small letters, digits and underscores. */
function slotName(source: string): string {
  return `holdfast_${source.toLowerCase().replace(/[^a-z0-9_]/g, '_')}`.slice(0, 63)
}
