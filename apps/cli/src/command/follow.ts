import { parseDurationMs } from '@holdfast/core/units/duration'
import { invalidArgument, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { isMysqlConnection } from '../mysql/mysql-connection-argument.ts'
import { readSourceName } from '../backup/source-name.ts'
import { alsoRepositoryOptions } from '../session/open-repositories.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const options = {
  source: single(
    {
      placeholder: '<name>',
      help: 'The name that the server is known by in the repository.',
      fallback: 'the host of the connection',
    },
    readSourceName,
  ),
  slot: single(
    {
      placeholder: '<name>',
      help: 'Replication slot, which keeps on the server what is not stored yet; made when it is not there.',
      fallback: 'holdfast_<source>',
    },
    readSlotName,
  ),
  serverId: single(
    {
      placeholder: '<number>',
      help: 'MySQL: number of this follower, which no replica of the server may have.',
      fallback: 'made of the name of the source',
    },
    readWhole(1),
  ),
  flushEvery: single(
    {
      placeholder: '<duration>',
      help: 'What was committed is stored after so long at the latest: how much may be lost.',
      fallback: '10s',
    },
    readFlushInterval,
  ),
  ...alsoRepositoryOptions,
}

export type FollowOptions = typeof options

export const follow = defineCommand({
  name: 'follow',
  purpose:
    'Follow the log of a PostgreSQL, MySQL or MariaDB server into the repository, so that any second can be recovered',
  details: [
    'Runs until it is told to stop (SIGTERM or Ctrl-C), and goes on by itself after restarts, failovers and cut connections. Segments go into one moving snapshot, the growing one into a small encrypted file beside it every few seconds. Nothing is acknowledged to the server before it is stored.',
    'The server is named by its connection, without a password: PGPASSWORD, ~/.pgpass and service files are read as psql does. The role needs REPLICATION.',
    'With several hosts in the connection the primary is found again after a failover.',
    'Of MySQL and MariaDB it follows the binary log. The account needs REPLICATION SLAVE and REPLICATION CLIENT (BINLOG MONITOR in MariaDB); the server keeps what is not stored as long as its binlog_expire_logs_seconds says.',
  ],
  arguments: [
    {
      name: 'connection',
      help: 'postgresql://user@host:port or mysql://user@host:port',
      required: true,
      repeatable: false,
    },
  ],
  options,
  examples: [
    {
      explanation: 'Lose ten seconds at most',
      command: 'holdfast follow postgresql://backup@db1.example.com --source shop-db',
    },
    {
      explanation: 'Into two repositories, two seconds at most',
      command: 'holdfast follow postgresql://backup@db1 --flush-every 2s --also-repo s3:https://s3.example.com/shop',
    },
  ],
  exitCodes: repositoryExitCodes('failed, and waiting would not mend it'),
  run: async (invocation) => {
    if (isMysqlConnection(invocation.arguments[0] ?? '')) {
      return await (await import('../mysql/run-mysql-follow.ts')).runMysqlFollow(invocation)
    }
    return await (await import('../postgresql/run-follow.ts')).runFollow(invocation)
  },
})

function readFlushInterval(raw: string, label: string): number {
  const durationMs = parseDurationMs(raw, label)
  if (durationMs >= 100 && durationMs <= 3_600_000) return durationMs
  throw invalidArgument(label, raw, 'it must be from 100ms to 1h')
}

function readSlotName(raw: string, label: string): string {
  if (/^[a-z0-9_]{1,63}$/.test(raw)) return raw
  throw invalidArgument(label, raw, 'a slot is named with up to 63 small letters, digits and underscores')
}
