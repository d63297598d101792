import type { EffectiveConfig, WorkloadSettings } from '@holdfast/core/config/effective-config'
import type { Run } from './run.ts'

/**
 * Whether a process with this configuration can do a run. Servers that share a catalogue need not have the same
 * configuration; and what lies on a machine's own disks is read by the server that asked for it only, which is on it. A
 * catalogue in a file is no such question: whoever has the file is there, whatever a container is called today.
 */
export function acceptsRun({ operation, source, repository, limitKeys }: Run, config: EffectiveConfig): boolean {
  if (repository !== undefined && !config.repositories.has(repository)) return false
  if (source === undefined) return repository !== undefined
  const settings = config.sources.get(source)
  if (settings === undefined) return false
  const isShared = config.catalogue.type === 'postgresql'
  if (!isShared || operation !== 'backup' || isReachable(settings.workload)) return true
  const hosts = limitKeys.filter((key) => key.startsWith('host/'))
  return hosts.length === 0 || hosts.includes(`host/${config.host}`)
}

/** From any machine on the network. */
function isReachable(workload: WorkloadSettings): boolean {
  return 'connection' in workload && !('method' in workload && workload.method === 'direct')
}
