/**
 * What a base backup leaves out, as the server's own does (src/backend/backup/basebackup.c): what is made anew at a start,
 * what belongs to one running server, and what is lost at a crash anyway.
 */

/** directories of which only the empty directory is kept */
export const emptiedDirectories: ReadonlySet<string> = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])

const skippedFiles: ReadonlySet<string> = new Set([
  'postgresql.auto.conf.tmp',
  'current_logfiles.tmp',
  'backup_label',
  'tablespace_map',
  'backup_manifest',
  'postmaster.pid',
  'postmaster.opts',
])

const relationName = /^(\d+)(?:_(fsm|vm|init))?(?:\.\d+)?$/
const temporaryRelation = /^t\d+_\d+(?:_(?:fsm|vm|init))?(?:\.\d+)?$/
/** directories of databases, the only ones with relations that may be temporary or unlogged */
const databaseFolder = /^(?:base\/\d+|pg_tblspc\/\d+\/PG_\d+_\d+\/\d+)$/

/** Whether a name is left out wherever it is. */
function isSkippedName(name: string): boolean {
  return skippedFiles.has(name) || name.startsWith('pg_internal.init') || name.startsWith('pgsql_tmp')
}

/**
 * Which of a folder's names belong into a backup. Of an unlogged relation, known by its "_init" file, only that: recovery
 * makes it empty from there.
 */
export function keptNames(folder: string, names: readonly string[]): string[] {
  const kept = names.filter((name) => !isSkippedName(name))
  if (!databaseFolder.test(folder)) return kept
  const unlogged = new Set(
    kept.flatMap((name) => {
      const match = relationName.exec(name)
      return match?.[1] !== undefined && match[2] === 'init' ? [match[1]] : []
    }),
  )
  return kept.filter((name) => {
    if (temporaryRelation.test(name)) return false
    const match = relationName.exec(name)
    return match?.[1] === undefined || match[2] === 'init' || !unlogged.has(match[1])
  })
}
