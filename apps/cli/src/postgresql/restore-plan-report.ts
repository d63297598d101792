import { formatSize } from '@holdfast/core/units/size'
import { describeArchived, waitHours } from '@holdfast/repository/archive/archived-packs'
import type { PostgresRestorePlan } from '@holdfast/orchestrator/postgresql/plan-restore'
import { countOf } from '@holdfast/core/units/count-of'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'

/** Rates of a restore from a local disk and of WAL replay that are assumed as long as no restore was measured. */
const assumedBytesPerSecond = { data: 100 << 20, wal: 50 << 20 }

/** What will be done, before it is done. */
export function describePlan(plan: PostgresRestorePlan): string {
  const { backup, recovery, dataDirectory, walDirectory, tablespaces, dataBytes, space, archived } = plan
  const { manifest, snapshot } = backup
  const until = recovery.until === undefined ? '' : `, as it was at ${recovery.until}`
  return [
    `restore of ${manifest.source}: PostgreSQL ${manifest.server.version}, cluster ${manifest.server.systemIdentifier}${until}`,
    `  base backup  ${snapshot.id.slice(0, 8)} of ${manifest.stoppedAt}, ${countOf(manifest.files, 'file')}, ${formatSize(dataBytes)}`,
    `  WAL          ${walText(plan)}`,
    `  stops        ${stopText(plan)}, timeline ${recovery.timeline}`,
    `  goes to      ${printable(dataDirectory)}${plan.request.delta ? ' (only what differs; what does not belong there is removed)' : ''}`,
    ...[...tablespaces].map(([oid, path]) => `  tablespace   ${oid} to ${printable(path)}`),
    ...(recovery.segments.length === 0 ? [] : [`  WAL goes to  ${printable(walDirectory)}`]),
    ...space.map(
      (need) =>
        `  space        ${formatSize(need.bytes)} needed, ${formatSize(need.freeBytes)} free${space.length === 1 ? '' : ` for ${need.places.map(printable).join(', ')}`}`,
    ),
    ...(archived.packs.length === 0
      ? []
      : [
          `  archived     ${describeArchived(archived)}: up to ${waitHours(archived, 'standard')} h until it can be read`,
        ]),
    `  duration     about ${formatClock(assumedMs(plan))}, at ${formatSize(assumedBytesPerSecond.data)}/s and replay at ${formatSize(assumedBytesPerSecond.wal)}/s`,
  ].join('\n')
}

export function planMessage(plan: PostgresRestorePlan): Readonly<Record<string, unknown>> {
  const { backup, recovery, dataDirectory, dataBytes, walBytes, space, archived } = plan
  return {
    message_type: 'plan',
    source: backup.manifest.source,
    snapshot_id: backup.snapshot.id,
    data_directory: dataDirectory,
    data_bytes: dataBytes,
    wal_bytes: walBytes,
    wal_segments: recovery.segments.map(({ name }) => name),
    timeline: recovery.timeline,
    stop: recovery.stop,
    free_bytes: space[0]?.freeBytes,
    space: space.map((need) => ({ directories: need.places, bytes: need.bytes, free_bytes: need.freeBytes })),
    archived_packs: archived.packs.length,
    archived_bytes: archived.bytes,
    estimated_seconds: Math.round(assumedMs(plan) / 1000),
    ...(recovery.until === undefined ? {} : { until: recovery.until }),
  }
}

function assumedMs({ dataBytes, walBytes }: PostgresRestorePlan): number {
  const { data, wal } = assumedBytesPerSecond
  return (dataBytes / data + walBytes / data + walBytes / wal) * 1000
}

function walText({ recovery: { segments }, walBytes }: PostgresRestorePlan): string {
  const [first] = segments
  if (first === undefined) return 'none beyond what is in the base backup'
  return `${countOf(segments.length, 'segment')}, ${formatSize(walBytes)}, from ${first.name} to ${segments.at(-1)?.name}`
}

function stopText({ recovery: { stop, inclusive } }: PostgresRestorePlan): string {
  switch (stop.type) {
    case 'end':
      return 'at the end of WAL'
    case 'consistent':
      return 'as soon as the base backup is consistent'
    default: {
      const where =
        stop.type === 'time' ? stop.time : stop.type === 'name' ? printable(stop.name) : Object.values(stop)[1]
      return `${inclusive ? 'just after' : 'just before'} ${stop.type} ${where}`
    }
  }
}
