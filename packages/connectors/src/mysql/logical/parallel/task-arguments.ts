import { howRowsAreWritten } from '../dump-arguments.ts'
import type { DumpRun } from '../dump-run.ts'
import type { DumpShape } from '../dump-splitter.ts'
import type { DumpTask } from './plan-programs.ts'

/**
 * What a program is told. Its transaction is its own; MariaDB tells in it where the binary log goes on, without a lock, so that
 * all can be compared. MySQL would lock for that, and for its GTIDs.
 */
export function taskArguments(
  task: DumpTask,
  { session, facts }: Pick<DumpRun, 'session' | 'facts'>,
  leftOut: readonly string[],
): string[] {
  const mysql = ['--set-gtid-purged=OFF', '--no-tablespaces', '--column-statistics=0']
  const mariadb = facts.writesBinlog ? ['--master-data=2', '--gtid'] : []
  const own = session.version.family === 'mysql' ? mysql : mariadb
  return ['--single-transaction', '--quick', ...howRowsAreWritten, ...own, ...wanted(task, leftOut)]
}

function wanted(task: DumpTask, leftOut: readonly string[]): string[] {
  switch (task.type) {
    case 'databases': {
      const ignored = [...new Set([...task.ignored, ...leftOut])].map((name) => `--ignore-table=${name}`)
      return ['--routines', '--triggers', '--events', ...ignored, '--databases', '--', ...task.databases]
    }
    case 'tables':
      return ['--triggers', '--', task.database, ...task.tables]
    case 'rows': {
      const structure = task.isFirst ? [] : ['--no-create-info']
      const triggers = task.isLast ? '--triggers' : '--skip-triggers'
      return [...structure, triggers, `--where=${task.where}`, '--', task.database, task.table]
    }
  }
}

export function taskShape(task: DumpTask): DumpShape {
  if (task.type === 'databases') return { of: 'databases', databases: task.databases, endsApart: true }
  return { of: 'tables', databases: [task.database] }
}
