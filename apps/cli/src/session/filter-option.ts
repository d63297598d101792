import type { SnapshotFilter } from '@holdfast/repository/snapshot/snapshot-filter'
import { type OptionValues, several } from '../argument/option.ts'
import { readWords } from '../argument/read-value.ts'

const host = { placeholder: '<host>', help: 'Only snapshots of this host.', variable: 'HOST' }

/** Options that choose among snapshots. */
export const filterOptions = {
  host: several({ ...host, short: 'H' }),
  tag: several({ placeholder: '<tag[,tag…]>', help: 'Only snapshots with all of these tags.' }, readWords),
  path: several({ placeholder: '<path>', help: 'Only snapshots that include this absolute path.', completes: 'file' }),
}

/** The same, where -H means something else. */
export const filterOptionsWithoutShort = { ...filterOptions, host: several(host) }

export const snapshotArgument = {
  name: 'snapshot',
  help: 'Id or beginning of an id, "latest", or "latest~1" for the one before.',
  required: false,
  repeatable: true,
}

export function readFilter(given: OptionValues<typeof filterOptions>): SnapshotFilter {
  // restic: an empty --host takes back the host of the environment
  return { hosts: given.host.filter((name) => name !== ''), tags: given.tag, paths: given.path }
}
