import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import {
  type ArchivedNeed,
  describeArchived,
  findArchivedPacks,
  refuseArchived,
  waitHours,
} from '@holdfast/repository/archive/archived-packs'
import { checkTarget } from '@holdfast/repository/restore/check-target'
import { restore as restoreTree } from '@holdfast/repository/restore/restore'
import type { PatternSpec, RestoreReport, RestoreRequest } from '@holdfast/repository/restore/restore-request'
import { type FoundSnapshot, findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { firstGiven } from '../argument/first-given.ts'
import { flag, oneOf, several, single } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { formatClock } from '../output/local-time.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { describeSnapshot } from '../output/snapshot-table.ts'
import { filterOptions, readFilter } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { findTree } from '../session/find-tree.ts'
import { readPatterns } from '../session/read-patterns.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { archiveOptions, requestWhatIsArchived } from '../restore/archive-option.ts'
import { isMysqlConnection } from '../mysql/mysql-connection-argument.ts'
import { mysqlRestoreOptions } from '../mysql/mysql-option.ts'
import { logicalRestoreOptions } from '../postgresql/logical-option.ts'
import { postgresRestoreOptions } from '../postgresql/postgres-restore-option.ts'
import { defineCommand, type Invocation, repositoryExitCodes } from './command.ts'

const pattern = { placeholder: '<pattern>' }
const file = { placeholder: '<file>', completes: 'file' } as const

const options = {
  target: single({ short: 't', placeholder: '<directory>', help: 'Where to restore to.', completes: 'directory' }),
  include: several({ ...pattern, short: 'i', help: 'Restore only what matches.' }),
  iinclude: several({ ...pattern, help: 'The same, ignoring case.' }),
  includeFile: several({ ...file, help: 'Restore only what matches a pattern of this file.' }),
  iincludeFile: several({ ...file, help: 'The same, ignoring case.' }),
  exclude: several({ ...pattern, short: 'e', help: 'Leave out what matches.' }),
  iexclude: several({ ...pattern, help: 'The same, ignoring case.' }),
  excludeFile: several({ ...file, help: 'Leave out what matches a pattern of this file.' }),
  iexcludeFile: several({ ...file, help: 'The same, ignoring case.' }),
  overwrite: oneOf({
    placeholder: '<when>',
    help: 'What to do with existing files: always, if-changed, if-newer or never replace them.',
    fallback: 'the target must be empty',
    choices: ['always', 'if-changed', 'if-newer', 'never'],
  }),
  delete: flag({ help: 'Remove what is in the target but not in the snapshot.' }),
  sparse: flag({ help: 'Leave holes where a file holds zeros.' }),
  verify: flag({ help: 'Read everything again afterwards and compare it.' }),
  dryRun: flag({ short: 'n', help: 'Change nothing, only show what would be done; with -vv for each file.' }),
  ...archiveOptions,
  ...filterOptions,
  ...postgresRestoreOptions,
  ...logicalRestoreOptions,
  ...mysqlRestoreOptions,
}

export const restore = defineCommand({
  name: 'restore',
  purpose: 'Restore a snapshot, a part of one, or a source as it was at a point in time',
  details: [
    'What the store has archived (Amazon’s GLACIER and DEEP_ARCHIVE, for example) cannot be read at once: nothing is restored before it was brought back, which --request-archived asks for.',
    'Files that are there already and equal are not read from the repository, so that an interrupted restore can be continued with --overwrite if-changed.',
    'A PostgreSQL source is named by its name: the base backup and the WAL that lead to the point of --at are restored to the data directory --to, with the settings to recover to that point. The plan is shown first; --dry-run shows only the plan.',
    'A MySQL or MariaDB source is loaded into a server with --into-server mysql://…, and its binary log is replayed up to the point of --at: all databases, or one with --database. Databases that exist are dropped only when --replace names them or --confirm the source; they are backed up before.',
    'A logical backup of a source is loaded into a running server with --into-server: all of it, one database, one schema or one table, under its own or another name. Nothing that exists is replaced, unless --replace names it: the restored database takes its place once it was compared, and the old one is kept under another name.',
  ],
  arguments: [
    {
      name: 'snapshot',
      help: 'Id, beginning of an id or "latest"; a directory inside it is named behind a colon, as in latest:/etc. Or the name of a source.',
      required: true,
      repeatable: false,
    },
  ],
  options,
  examples: [
    { explanation: 'The newest snapshot', command: 'holdfast restore latest --target /tmp/restored' },
    {
      explanation: 'One directory to its place, and check it',
      command: 'holdfast restore latest:/etc/nginx --target /etc/nginx --overwrite always --delete --verify',
    },
    {
      explanation: 'A PostgreSQL server as it was one second before the accident, and start it',
      command: "holdfast restore shop-db --at '2026-11-20 14:29:59+09' --to ./recovered --start",
    },
    {
      explanation: 'One table of the newest logical backup, into a new database beside the old one',
      command:
        'holdfast restore shop-db --into-server postgresql://admin@db1 --database shop --table orders --into shop_old',
    },
  ],
  exitCodes: repositoryExitCodes('failed, or something could not be restored'),
  run: async (invocation) => {
    const {
      arguments: [name = ''],
      output,
      ctx,
    } = invocation
    if (invocation.options.to !== undefined || invocation.options.intoServer !== undefined || !isSnapshotName(name)) {
      refuseOptions(invocation.options, snapshotOptions, 'a source')
      if (isMysqlConnection(invocation.options.intoServer ?? '')) {
        refuseOptions(invocation.options, notOfMysql, 'into MySQL')
        return await (await import('../mysql/run-mysql-restore.ts')).runMysqlRestore(invocation)
      }
      if (invocation.options.intoServer === undefined) return await restoreToDirectory(name, invocation)
      refuseOptions(invocation.options, mysqlOptions, 'a PostgreSQL source')
      refuseOptions(invocation.options, physicalOptions, 'a logical backup')
      return await (await import('../postgresql/run-logical-restore.ts')).runLogicalRestore(invocation)
    }
    refuseOptions(invocation.options, sourceOptions, 'a snapshot')
    const given = await readRequest(invocation)
    if (invocation.options.overwrite === undefined && !given.delete && !checkTarget(given).isEmpty) {
      throw new AppError('TARGET_NOT_EMPTY', { target: given.target })
    }
    await using session = await openSession(invocation, { lock: 'read' })
    const { repository } = session
    const found = await findSnapshot(repository, name, readFilter(invocation.options), ctx)
    output.note(`restoring ${describeSnapshot(found)} to ${printable(given.target)}`)
    const tree =
      found.subfolder === undefined
        ? found.snapshot.tree
        : await findTree((await openTrees(repository, ctx)).trees, found, ctx)
    const archived = await findArchivedPacks(repository, [{ ...given, tree }], ctx)
    if (given.dryRun) noteArchived(archived, output)
    else if (await requestWhatIsArchived(repository, archived, invocation)) return 0
    else refuseArchived(archived, repository.backend.location)
    const report = await restoreTree(repository, { ...given, tree, ...expectation(found, given) }, ctx)
    showReport(report, given, output)
    return report.errorCount === 0 ? 0 : 1
  },
})

/** What concerns a snapshot's files only, and what a source only. */
const snapshotOptions = [
  ...(['include', 'iinclude', 'includeFile', 'iincludeFile', 'exclude', 'iexclude', 'excludeFile'] as const),
  ...(['iexcludeFile', 'overwrite', 'delete', 'sparse', 'verify'] as const),
]
/** Whatever a snapshot holds can be asked for by its id. */
const archiveChoices = ['requestArchived', 'archiveTier', 'archiveDays'] as const
const physicalOptions = [
  ...archiveChoices,
  ...([
    'to',
    'target',
    'before',
    'timeline',
    'targetAction',
    'tablespaceMapping',
    'delta',
    'confirm',
    'noSafetyBackup',
    'start',
    'port',
  ] as const),
]
const logicalOptions = [
  ...(['database', 'schema', 'table', 'into', 'replace', 'noOwner', 'withRoles', 'jobs', 'temporary'] as const),
]
const mysqlOptions = ['atLog', 'without', 'mysqlBin'] as const
const notOfMysql = [
  ...archiveChoices,
  ...(['to', 'target', 'timeline', 'targetAction', 'tablespaceMapping', 'delta', 'start', 'port'] as const),
  ...(['schema', 'noOwner', 'jobs', 'postgresBin'] as const),
]
const notOfMysqlDirectory = [
  ...archiveChoices,
  ...(['timeline', 'targetAction', 'tablespaceMapping', 'delta', 'start', 'port', 'confirm', 'postgresBin'] as const),
  ...(['database', 'schema', 'table', 'into', 'replace', 'noOwner', 'withRoles', 'jobs', 'temporary'] as const),
]
const sourceOptions = [
  ...(['at', 'before', 'timeline', 'targetAction', 'tablespaceMapping', 'delta', 'start', 'port'] as const),
  ...logicalOptions,
  ...mysqlOptions,
]

function refuseOptions<Name extends string>(
  values: Readonly<Record<Name, unknown>>,
  names: readonly Name[],
  what: string,
): void {
  const given = firstGiven(values, names)
  if (given !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: `restoring ${what}`, second: given })
}

/** Which server's files are restored is told by its backups. */
async function restoreToDirectory(source: string, invocation: Invocation<typeof options>): Promise<number> {
  const { delta, dryRun } = invocation.options
  // what a delta restore overwrites is backed up first
  const lock = delta ? 'append' : 'read'
  // loaded while other threads derive the key, and for nothing when it is another kind of source
  const forPostgres = import('../postgresql/run-postgres-restore.ts')
  await using session = await openSession(invocation, { lock, changesNothing: dryRun })
  const { findSourceType } = await import('@holdfast/orchestrator/source-type')
  if ((await findSourceType(session.repository, source, invocation.ctx)) === 'mysql') {
    refuseOptions(invocation.options, notOfMysqlDirectory, 'a MySQL source to a directory')
    const { runMysqlDirectory } = await import('../mysql/run-mysql-directory.ts')
    return await runMysqlDirectory(session.repository, invocation)
  }
  refuseOptions(invocation.options, mysqlOptions, 'a PostgreSQL source')
  refuseOptions(invocation.options, logicalOptions, 'to a directory')
  const { runPostgresRestore } = await forPostgres
  return await runPostgresRestore(session.repository, invocation)
}

/** Ids and "latest", each with a directory behind a colon; anything else can only be a source. */
function isSnapshotName(name: string): boolean {
  return /^(?:latest(?:~\d+)?|[0-9a-f]+)(?::.*)?$/s.test(name)
}

async function readRequest({
  options: given,
  variables,
  output,
}: Invocation<typeof options>): Promise<Omit<RestoreRequest, 'tree' | 'expected'>> {
  const { target } = given
  if (target === undefined || target === '') {
    throw new AppError('ARGUMENT_MISSING', { command: 'restore', argument: '--target <directory>' })
  }
  const lists = (key: 'include' | 'iinclude' | 'exclude' | 'iexclude') =>
    readPatterns(key, given[key], given[`${key}File`], variables)
  return {
    target,
    include: specs(await lists('include'), await lists('iinclude')),
    exclude: specs(await lists('exclude'), await lists('iexclude')),
    overwrite: given.overwrite ?? 'always',
    delete: given.delete,
    verify: given.verify,
    dryRun: given.dryRun,
    sparse: given.sparse,
    workers: defaultWorkers(),
    verbose: output.verbosity >= 2,
  }
}

function specs(lines: readonly string[], insensitive: readonly string[]): PatternSpec[] {
  return [
    ...(lines.length === 0 ? [] : [{ lines }]),
    ...(insensitive.length === 0 ? [] : [{ lines: insensitive, caseInsensitive: true }]),
  ]
}

function noteArchived(need: ArchivedNeed, output: Output): void {
  if (need.packs.length === 0) return
  const hours = waitHours(need, 'standard')
  output.note(`archived: ${describeArchived(need)}; it takes up to ${hours} h to bring it back (--request-archived)`)
}

/** The snapshot's own figures spare a count, when all of it is restored. */
function expectation(
  { snapshot: { summary }, subfolder }: FoundSnapshot,
  { include = [], exclude = [] }: Pick<RestoreRequest, 'include' | 'exclude'>,
): Pick<RestoreRequest, 'expected'> {
  if (summary === undefined || subfolder !== undefined || include.length + exclude.length > 0) return {}
  return { expected: { files: summary.totalFilesProcessed, bytes: summary.totalBytesProcessed } }
}

function showReport(
  report: RestoreReport,
  { dryRun, verify }: { dryRun: boolean; verify: boolean },
  output: Output,
): void {
  const { filesRestored, bytesRestored, filesSkipped, bytesSkipped, filesDeleted, errorCount } = report
  const others = report.directoriesRestored + report.othersRestored
  output.note(
    [
      `${dryRun ? 'would restore' : 'restored'} ${countOf(filesRestored, 'file')} (${formatSize(bytesRestored)}) and ${countOf(others, 'directory or link', 'directories and links')} in ${formatClock(report.durationMs)}`,
      ...(filesSkipped > 0 ? [`${countOf(filesSkipped, 'file')} (${formatSize(bytesSkipped)}) left as they were`] : []),
      ...(filesDeleted > 0 ? [`${dryRun ? 'would delete' : 'deleted'} ${countOf(filesDeleted, 'file')}`] : []),
      ...(verify && !dryRun
        ? [`verified ${countOf(report.filesVerified, 'file')} (${formatSize(report.bytesVerified)})`]
        : []),
    ].join('\n'),
  )
  if (errorCount > 0) output.line(`${countOf(errorCount, 'error')}: the restore is not complete`)
  output.message({
    message_type: 'summary',
    ...(dryRun ? { dry_run: true } : {}),
    seconds_elapsed: Math.round(report.durationMs / 1000),
    total_files: filesRestored + filesSkipped + others,
    files_restored: filesRestored + others,
    files_skipped: filesSkipped,
    files_deleted: filesDeleted,
    total_bytes: bytesRestored + bytesSkipped,
    bytes_restored: bytesRestored,
    bytes_skipped: bytesSkipped,
    files_verified: report.filesVerified,
    bytes_verified: report.bytesVerified,
    error_count: errorCount,
  })
}
