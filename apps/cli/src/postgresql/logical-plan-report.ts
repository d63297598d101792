import type { DatabaseStep, LogicalRestorePlan } from '@holdfast/connectors/postgresql/logical/restore/logical-restore'
import { formatSize } from '@holdfast/core/units/size'
import type { LogicalPostgresBackup } from '@holdfast/orchestrator/postgresql/list-logical-backups'
import { countOf } from '@holdfast/core/units/count-of'
import { printable } from '../output/printable.ts'

/** What will be done, before it is done. */
export function describeLogicalPlan({ snapshot, manifest }: LogicalPostgresBackup, plan: LogicalRestorePlan): string {
  const { request, steps, skipped, host, serverVersion, tool, dumpBytes } = plan
  return [
    `restore of ${manifest.source} into PostgreSQL ${serverVersion} at ${host}, by pg_restore ${tool.version}`,
    `  backup       ${snapshot.id.slice(0, 8)} of ${manifest.startedAt}, PostgreSQL ${manifest.server.version}`,
    ...(request.globals ? ['  roles        those that are missing are made; existing ones stay as they are'] : []),
    ...steps.map((step) => `  database     ${stepText(step)}`),
    ...skipped.map((name) => `  left out     ${name}, which holds nothing`),
    `  reads        ${formatSize(dumpBytes)}, through ${printable(request.temporaryDirectory)}`,
    `  loads with   ${countOf(request.jobs, 'connection')}${request.owners ? '' : ', without owners and privileges'}`,
  ].join('\n')
}

function stepText({ fingerprint, into, isNew, selected, tables, replaces }: DatabaseStep): string {
  const rows = tables.reduce((sum, table) => sum + BigInt(table.rows), 0n)
  const what = selected === undefined ? '' : 'parts of '
  const where =
    replaces !== undefined
      ? `the place of ${printable(replaces.database)}, whose sessions are ended and which is kept as ${printable(replaces.kept)}`
      : isNew
        ? `new database ${printable(into)}`
        : `${printable(into)}, which exists`
  const left = selected === undefined || selected.leftOut.length === 0 ? '' : `, ${selected.leftOut.length} left out`
  return `${what}${printable(fingerprint.name)} to ${where}: ${countOf(tables.length, 'table')}, ${countOf(rows, 'row')}${left}`
}

export function logicalPlanMessage(
  { snapshot, manifest }: LogicalPostgresBackup,
  { steps, skipped, host, serverVersion, dumpBytes, request }: LogicalRestorePlan,
): Readonly<Record<string, unknown>> {
  return {
    message_type: 'plan',
    source: manifest.source,
    snapshot_id: snapshot.id,
    host,
    server_version: serverVersion,
    roles: request.globals,
    dump_bytes: dumpBytes,
    skipped,
    databases: steps.map(({ fingerprint, into, isNew, selected, tables, replaces }) => ({
      name: fingerprint.name,
      into,
      is_new: isNew,
      ...(replaces === undefined ? {} : { replaces: replaces.database, kept_as: replaces.kept }),
      tables: tables.length,
      left_out: selected?.leftOut ?? [],
    })),
  }
}
