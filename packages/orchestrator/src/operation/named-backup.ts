import { AppError } from '@holdfast/core/errors/app-error'
import { findPin, keepUntilTag } from '@holdfast/repository/forget/pin'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { Run } from '../run/run.ts'

/** A backup that somebody gave a name, and a time to be kept at least; arguments of its run. */
export interface NamedBackup {
  readonly name: string
  readonly keptUntil: Date
}

export function namedBackupArguments({ name, keptUntil }: NamedBackup): Record<string, string> {
  return { name, keepUntil: keptUntil.toISOString() }
}

/** The tags that a run gives its snapshots: "name=before-upgrade", "keep-until=…". */
export function namedTags({ arguments: { name, keepUntil } }: Run): string[] {
  return [
    ...(name === undefined ? [] : [`name=${name}`]),
    ...(keepUntil === undefined ? [] : [keepUntilTag(new Date(keepUntil))]),
  ]
}

/** Snapshots of one source in one repository. */
interface Held {
  readonly source: string
  /** oldest first */
  readonly own: readonly ListedSnapshot[]
  readonly provenIds: ReadonlySet<string>
}

/** Fails with BACKUP_PROTECTED for what is pinned, and for the newest that is known to be restorable. */
export function refuseProtected(named: readonly ListedSnapshot[], { source, own, provenIds }: Held): void {
  const newestProven = own.findLast(({ id }) => provenIds.has(id))
  for (const { id, snapshot } of named) {
    const name = id.slice(0, 8)
    const pin = findPin(snapshot)
    if (pin !== undefined) {
      const advice = `Take the pin away first: \`holdfast tag --remove ${pin}\`.`
      throw new AppError('BACKUP_PROTECTED', { name, source, reason: `it is pinned by the tag ${pin}`, advice })
    }
    if (id === newestProven?.id) {
      const reason = 'it is the newest that was proven to be restorable'
      throw new AppError('BACKUP_PROTECTED', { name, source, reason, advice: 'Prove a newer one first.' })
    }
  }
}
