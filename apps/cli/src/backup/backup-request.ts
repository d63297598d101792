import type { Context } from '@holdfast/core/context'
import { parseMarker } from '@holdfast/repository/filter/exclude-if-present'
import type { FilterSpec } from '@holdfast/repository/filter/source-filter'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveRequest, Source } from '@holdfast/repository/save/save-request'
import { findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import type { Invocation } from '../command/command.ts'
import { currentIdentity } from '../session/identity.ts'
import { packBytesOf } from '../session/pack-size.ts'
import { readPatterns } from '../session/read-patterns.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import type { backupOptions, BackupValues } from './backup-option.ts'

type BackupInvocation = Invocation<typeof backupOptions>

/** What leaves things out; every pattern is checked. Fails with ARGUMENT_INVALID. */
export async function readBackupFilter({
  options,
  variables,
}: Pick<BackupInvocation, 'options' | 'variables'>): Promise<FilterSpec> {
  options.excludeIfPresent.forEach((marker) => parseMarker(marker))
  return {
    excludes: await readPatterns('exclude', options.exclude, options.excludeFile, variables),
    insensitiveExcludes: await readPatterns('iexclude', options.iexclude, options.iexcludeFile, variables),
    excludeIfPresent: options.excludeIfPresent,
    excludeCaches: options.excludeCaches,
    ...(options.excludeLargerThan === undefined ? {} : { excludeLargerThanBytes: options.excludeLargerThan }),
    // the devices are found when the paths are looked at
    ...(options.oneFileSystem ? { oneFileSystem: [] } : {}),
  }
}

export function makeSaveRequest(
  { options, global, output, ctx }: BackupInvocation,
  parts: { source: Source; filter: FilterSpec; parent: SaveRequest['parent']; programVersion: string },
): SaveRequest {
  const identity = currentIdentity()
  return {
    ...parts,
    identity: { ...identity, hostname: options.host ?? identity.hostname },
    time: options.time ?? ctx.now(),
    tags: options.tag.flat().filter((tag) => tag !== ''),
    excludes: [...options.exclude, ...options.iexclude],
    withAtime: options.withAtime,
    ignoreCtime: options.ignoreCtime || options.ignoreInode,
    ignoreInode: options.ignoreInode,
    compression: global.compression ?? 'auto',
    packBytes: packBytesOf(global.packSize),
    workers: options.readConcurrency ?? defaultWorkers(),
    dryRun: options.dryRun,
    skipIfUnchanged: options.skipIfUnchanged,
    verbose: output.verbosity >= 2,
    // nobody would see the totals otherwise
    scan: !options.noScan && (output.json || (output.terminal && !output.quiet)),
  }
}

/** Which snapshot unchanged files are looked up in. Fails with SNAPSHOT_…. */
export async function chooseParentOption(
  { force, parent, groupBy, stdin, stdinFromCommand }: BackupValues,
  repository: Repository,
  ctx: Context,
): Promise<SaveRequest['parent']> {
  if (force || stdin || stdinFromCommand) return { type: 'none' }
  if (parent === undefined) return { type: 'choose', groupBy: groupBy ?? groupByHostAndPaths }
  return { type: 'snapshot', id: (await findSnapshot(repository, parent, {}, ctx)).id }
}
