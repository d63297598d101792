import type { LogicalFinding } from './logical-manifest.ts'
import type { readServerFacts } from './read-server-facts.ts'
import { type DatabaseStructure, nonTransactional } from './read-structure.ts'

const shown = 10

/** What a person should know of a dump that was made. */
export function findingsOf({
  databases,
  facts,
  lockAllTables,
}: {
  readonly databases: readonly DatabaseStructure[]
  readonly facts: Awaited<ReturnType<typeof readServerFacts>>
  readonly lockAllTables: boolean
}): LogicalFinding[] {
  const findings: LogicalFinding[] = []
  const loose = nonTransactional(databases)
  if (loose.length > 0 && !lockAllTables) {
    const names = loose.slice(0, shown).join(', ') + (loose.length > shown ? ` and ${loose.length - shown} more` : '')
    findings.push({
      code: 'MYSQL_TABLES_NOT_TRANSACTIONAL',
      message: `what is written to these tables during the dump may be half in it: ${names}`,
      hint: 'Convert them with ALTER TABLE … ENGINE=InnoDB, or back up with --lock-all-tables.',
    })
  }
  const unsafe = binlogFinding(facts)
  return unsafe === undefined ? findings : [...findings, unsafe]
}

/** Statements may have another effect when they are replayed; rows and before-images do not. */
export function binlogFinding({
  writesBinlog,
  binlogFormat,
}: {
  readonly writesBinlog: boolean
  readonly binlogFormat?: string
}): LogicalFinding | undefined {
  if (!writesBinlog || binlogFormat !== 'STATEMENT') return undefined
  return {
    code: 'MYSQL_BINLOG_FORMAT_UNSAFE',
    message: `binlog_format is ${binlogFormat}: what is replayed may differ from what happened, for statements such as UPDATE … LIMIT or UUID()`,
    hint: 'Set binlog_format = ROW (or MIXED) on the server.',
  }
}
