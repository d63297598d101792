import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { parseConfigFile } from '../format/config-file.ts'
import { parseKeyFile } from '../format/key-file.ts'
import { fileLabel, readVerified } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { isDamage } from './damage.ts'
import type { ReportFinding } from './finding.ts'

/** The config and every key file, also those that the password does not open. */
export async function checkConfigAndKeys(repository: Repository, report: ReportFinding, ctx: Context): Promise<void> {
  const { backend, key } = repository
  try {
    const bytes = await backend.read({ type: 'config', name: 'config' }, undefined, ctx)
    parseConfigFile(key, bytes, backend.location)
  } catch (error) {
    if (!isDamage(error)) throw error
    report('config-damaged', 'config', error.message)
  }
  for await (const { name } of backend.list('key', ctx)) {
    throwIfInterrupted(ctx)
    const file = { type: 'key', name } as const
    try {
      parseKeyFile(await readVerified(backend, file, ctx), fileLabel(file))
    } catch (error) {
      if (!isDamage(error)) throw error
      report('key-damaged', name, error.message)
    }
  }
}

/** Every snapshot that can be read; the others are reported. */
export async function checkSnapshots(
  repository: Repository,
  report: ReportFinding,
  ctx: Context,
): Promise<readonly ListedSnapshot[]> {
  const onUnreadable = (id: string, error: Error): void => report('snapshot-damaged', id, error.message)
  return listSnapshots(repository, { onUnreadable }, ctx)
}
