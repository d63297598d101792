import type { EffectiveConfig, WorkloadSettings } from '@holdfast/core/config/effective-config'
import type { Run } from './run.ts'

/**
 * Whether a process with this configuration can do a run. Servers that share a catalogue need not have the same
 * configuration; and what lies on a machine's own disks is read by the server that asked for it only, which is on it. A
 * catalogue in a file is no such question: whoever has the file is there, whatever a container is called today. Backups of
 * sources with an agent are for that agent.
 */
export function acceptsRun({ operation, source, repository, limitKeys }: Run, config: EffectiveConfig): boolean {
  if (repository !== undefined && !config.repositories.has(repository)) return false
  if (source === undefined) return repository !== undefined
  const settings = config.sources.get(source)
  if (settings === undefined) return false
  if (settings.agent !== undefined && operation === 'backup') return false
  const isShared = config.catalogue.type === 'postgresql'
  if (!isShared || !isLocal(operation, settings.workload)) return true
  const hosts = limitKeys.filter((key) => key.startsWith('host/'))
  return hosts.length === 0 || hosts.includes(`host/${config.host}`)
}

/** Reads or writes what lies on one machine: a restore goes to the disks of the server that planned it. */
function isLocal(operation: Run['operation'], workload: WorkloadSettings): boolean {
  return operation === 'restore' || (operation === 'backup' && !isReachable(workload))
}

/** The agent whose work a run is: backups of its sources, and nothing else. All other runs are for servers. */
export function agentOf({ operation, source }: Pick<Run, 'operation' | 'source'>, config: EffectiveConfig) {
  return operation === 'backup' ? config.sources.get(source ?? '')?.agent : undefined
}

/** From any machine on the network. */
function isReachable(workload: WorkloadSettings): boolean {
  return 'connection' in workload && !('method' in workload && workload.method === 'direct')
}
