import { flag, invalidArgument, oneOf, several, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { parseRecoveryPoint } from '../restore/recovery-point.ts'

/** Where server programs are looked for besides the usual places. */
export const binariesOption = {
  postgresBin: several({
    placeholder: '<directory>',
    help: 'Look for PostgreSQL programs here first.',
    completes: 'directory',
  }),
}

const recoveryPoints = "a time such as '2026-11-20 14:29:59+09', latest, backup, lsn:…, xid:… or name:…"

/** Options of `restore` that concern a source with a log. */
export const postgresRestoreOptions = {
  to: single({
    placeholder: '<directory>',
    help: 'Source: where its data directory is restored to.',
    completes: 'directory',
  }),
  at: single(
    { placeholder: '<point>', help: `Source: where it stops: ${recoveryPoints}.`, fallback: 'latest' },
    parseRecoveryPoint,
  ),
  before: flag({ help: 'Source: stop just before the point of --at instead of just after it.' }),
  timeline: single(
    { placeholder: '<number>', help: 'Source: follow this timeline.', fallback: 'the newest' },
    readWhole(1),
  ),
  targetAction: oneOf({
    placeholder: '<action>',
    help: 'Source: what the server does at the point: promote, pause or shutdown.',
    fallback: 'promote',
    choices: ['promote', 'pause', 'shutdown'],
  }),
  tablespaceMapping: several(
    { placeholder: '<old=new>', help: 'Source: where a tablespace goes.', fallback: '<to>-tablespaces/<oid>' },
    readMapping,
  ),
  delta: flag({ help: 'Source: the target holds an older copy; write only what differs, remove the rest.' }),
  confirm: single({
    placeholder: '<source>',
    help: 'Source: the name again, to overwrite what --delta finds in the target, or all its databases in the MySQL server.',
  }),
  noSafetyBackup: flag({ help: 'Source: do not back up what --delta or --replace overwrites.' }),
  start: flag({ help: 'Source: start the server and wait until it accepts connections.' }),
  port: single(
    { placeholder: '<port>', help: 'Source: port of that server, on loopback.', fallback: '5433' },
    readWhole(1),
  ),
  ...binariesOption,
}

function readMapping(raw: string, label: string): readonly [string, string] {
  const [, from = '', to = ''] = /^((?:[^=\\]|\\.)+)=(.+)$/s.exec(raw) ?? []
  if (from === '' || !to.startsWith('/')) throw invalidArgument(label, raw, 'write <old directory>=<new directory>')
  return [from.replaceAll(String.raw`\=`, '='), to]
}

/** For a command that takes a point of recovery, or a word more. */
export const recoveryPointOption = (alternative: string) =>
  single({ placeholder: '<point>', help: `Which state: ${recoveryPoints}, or ${alternative}.`, fallback: 'latest' })
