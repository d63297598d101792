import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Check } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import { runProgram } from '../../../process/running-program.ts'
import { connectPostgres } from '../../connection/connect.ts'
import type { PostgresConnection } from '../../connection/connection.ts'
import type { PostgresHost } from '../../connection/target.ts'
import { chosenHost } from '../chosen-host.ts'
import { clientCommand, describeFailure, isErrorLine } from '../client-command.ts'
import { databaseArgument } from '../client-variables.ts'
import { type ArchiveFile, writeArchiveFile } from './archive-file.ts'
import { compareWithFingerprint } from './compare-fingerprint.ts'
import { connectForMaintenance } from './connect-for-maintenance.ts'
import {
  applyDatabaseProperties,
  createDatabaseLike,
  missingTablespaces,
  replaceDatabase,
} from './database-lifecycle.ts'
import type { LogicalFiles } from './logical-files.ts'
import type { DatabaseStep, LogicalRestorePlan, LogicalRestoreReport } from './logical-restore.ts'
import { restoreGlobals } from './restore-globals.ts'

/**
 * Does what the plan says: roles, then one database after the other, each made, loaded by pg_restore's jobs, analyzed and
 * compared with its fingerprint. A difference is a failed check in the result. Fails with POSTGRES_RESTORE_FAILED.
 */
export async function restoreLogical(
  files: LogicalFiles,
  plan: LogicalRestorePlan,
  ctx: Context,
): Promise<LogicalRestoreReport> {
  const { request, steps } = plan
  const warnings: string[] = []
  await using session = await connectForMaintenance(request, ctx)
  const run: RestoreRun = { plan, session, host: chosenHost(request.target, session) }
  if (request.globals) warnings.push(...(await restoreGlobals(session, await files.globals(ctx), request, ctx)))
  const checks: Check[] = []
  for (const step of steps) {
    const { fingerprint, into, isNew } = step
    const what = `the dump of ${fingerprint.name}`
    await using archive = await writeArchiveFile(files.dump(fingerprint.name, ctx), what, request.temporaryDirectory)
    const place = request.withoutTablespaces === true ? { tablespace: 'pg_default' } : {}
    const like = { name: into, properties: { ...fingerprint, ...place }, keepsOwner: request.owners }
    if (isNew) await createDatabaseLike(session, like, ctx)
    const missing = await missingTablespaces(session, step.entries, ctx)
    if (missing.length > 0 && request.withoutTablespaces !== true) {
      warnings.push(`${into}: everything is in its own tablespace: there is no ${missing.join(', ')}`)
    }
    warnings.push(...(await runRestore(run, step, archive, missing.length > 0, ctx)))
    if (isNew) await applyDatabaseProperties(session, like, ctx)
    for (const left of step.selected?.leftOut ?? []) {
      warnings.push(`${into}: ${left} was left out: it needs something that was not chosen`)
    }
    const compared = await finishDatabase(run, step, ctx)
    checks.push(...compared)
    if (step.replaces !== undefined) warnings.push(await takePlace(run, step, compared, ctx))
  }
  return { checks, warnings }
}

interface RestoreRun {
  readonly plan: LogicalRestorePlan
  readonly session: PostgresConnection
  readonly host: PostgresHost
}

async function runRestore(
  { plan, host }: RestoreRun,
  { into, selected, entries, fingerprint }: DatabaseStep,
  archive: ArchiveFile,
  ignoresTablespaces: boolean,
  ctx: Context,
): Promise<string[]> {
  const { request, tool } = plan
  const listFile = join(archive.directory, 'list')
  if (selected !== undefined) {
    const lines = entries.filter(({ dumpId }) => selected.ids.has(dumpId)).map(({ dumpId }) => `${dumpId};\n`)
    await writeFile(listFile, lines.join(''), { mode: 0o600 })
  }
  const call = {
    program: tool.program,
    arguments: [
      ...['--exit-on-error', '--no-password', `--dbname=${databaseArgument(into)}`],
      `--jobs=${Math.max(1, request.jobs)}`,
      ...(request.owners ? [] : ['--no-owner', '--no-privileges']),
      ...(ignoresTablespaces ? ['--no-tablespaces'] : []),
      ...(selected === undefined ? [] : [`--use-list=${listFile}`]),
      archive.path,
    ],
    database: into,
    applicationName: 'holdfast',
  }
  const command = clientCommand(call, request.target, host, request.client)
  // Building an index may take hours in which nothing is written.
  const { failure, diagnostics } = await runProgram(command, { silenceLimitMs: 0 }, ctx)
  if (failure !== undefined || diagnostics.some(isErrorLine)) {
    throw new AppError('POSTGRES_RESTORE_FAILED', {
      what: `${fingerprint.name} into ${JSON.stringify(into)}`,
      host: plan.host,
      reason: describeFailure(failure, diagnostics),
    })
  }
  return diagnostics.map((line) => `${into}: ${line}`)
}

/** What is not equal replaces nothing. Returns what became of the old database. */
async function takePlace(
  { session }: RestoreRun,
  { into, replaces }: DatabaseStep,
  checks: readonly Check[],
  ctx: Context,
): Promise<string> {
  if (replaces === undefined) throw new Error('nothing to replace')
  const { database, kept } = replaces
  if (checks.some(({ verdict }) => verdict === 'failed')) {
    return `${database} was not replaced; what was restored is called ${into}`
  }
  const ended = await replaceDatabase(session, { database, next: into, kept }, ctx)
  return `${countOf(ended, 'session')} of ${database} ${ended === 1 ? 'was' : 'were'} ended; as it was before, it is called ${kept}: drop it when you are sure`
}

/** Without statistics the first queries of a restored database are slow. */
async function finishDatabase(
  { plan: { request } }: RestoreRun,
  { fingerprint, into, selected, tables, replaces }: DatabaseStep,
  ctx: Context,
): Promise<Check[]> {
  await using session = await connectPostgres(request.target, { database: into }, ctx)
  await session.query('ANALYZE', ctx)
  const isWhole = selected === undefined
  const expected = isWhole ? fingerprint : { tables, sequences: [], extensions: [] }
  return await compareWithFingerprint(session, replaces?.database ?? into, expected, ctx)
}
