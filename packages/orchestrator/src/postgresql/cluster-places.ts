import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import { AppError } from '@holdfast/core/errors/app-error'
import { type CheckedTarget, checkSpace, checkTarget } from '@holdfast/repository/restore/check-target'

/** A directory of a restored cluster. */
export interface ClusterPlace {
  readonly path: string
  /** uncompressed */
  readonly bytes: number
}

/** How much one file system takes of a restored cluster. */
export interface SpaceNeed {
  readonly places: readonly string[]
  readonly bytes: number
  readonly freeBytes: number
}

/**
 * Where the tablespaces of a backup go, by oid: where `mapping` says (by their original path), else beside the data
 * directory. Fails with ARGUMENT_INVALID for one that the backup does not have.
 */
export function placeTablespaces(
  { tablespaces }: Pick<BackupManifest, 'tablespaces'>,
  dataDirectory: string,
  mapping: ReadonlyMap<string, string>,
): Map<number, string> {
  const known = new Set(tablespaces.map(({ path }) => path))
  const stranger = [...mapping.keys()].find((path) => !known.has(path))
  if (stranger !== undefined) {
    const reason = known.size === 0 ? 'the backup has no tablespaces' : `the backup has ${[...known].join(', ')}`
    throw new AppError('ARGUMENT_INVALID', { name: '--tablespace-mapping', value: JSON.stringify(stranger), reason })
  }
  return new Map(
    tablespaces.map(({ oid, path }) => {
      // one "in place" is a directory of the data directory itself
      if (!path.startsWith('/')) return [oid, join(dataDirectory, path)]
      return [oid, resolve(mapping.get(path) ?? join(`${dataDirectory}-tablespaces`, String(oid)))]
    }),
  )
}

/** Tablespaces that the server reaches by a link: those in place are part of the data directory. */
export function linkedTablespaces(
  manifest: Pick<BackupManifest, 'tablespaces'>,
  places: ReadonlyMap<number, string>,
): Map<number, string> {
  const inPlace = new Set(manifest.tablespaces.flatMap(({ oid, path }) => (path.startsWith('/') ? [] : [oid])))
  return new Map([...places].filter(([oid]) => !inPlace.has(oid)))
}

/** Each place is made equal to its part of the backup, so that one within another would be taken for rubbish there. */
export function refuseNested(places: readonly string[]): void {
  for (const [at, path] of places.entries()) {
    const other = places.find((one, index) => index !== at && `${one}/`.startsWith(`${path}/`))
    if (other === undefined) continue
    const reason = other === path ? 'two parts of the cluster would go there' : `it would lie within ${path}`
    throw new AppError('TARGET_UNUSABLE', { target: other, reason })
  }
}

/** Fails with TARGET_UNUSABLE, TARGET_NOT_EMPTY unless what is there is to be replaced. */
export function checkPlace(target: string, { delta }: { readonly delta: boolean }): CheckedTarget {
  const checked = checkTarget({ target, delete: delta })
  if (!checked.isEmpty && !delta) throw new AppError('TARGET_NOT_EMPTY', { target })
  return checked
}

/** What each file system must take, the one of the first place first. */
export function spaceNeeds(places: readonly (ClusterPlace & { readonly checked: CheckedTarget })[]): SpaceNeed[] {
  const groups = [...Map.groupBy(places, ({ checked }) => checked.device).values()]
  return groups.map((group) => ({
    places: group.map(({ path }) => path),
    bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
    freeBytes: Math.min(...group.map(({ checked }) => checked.freeBytes)),
  }))
}

/** Fails with TARGET_UNUSABLE for the first file system that is too small. */
export function requireSpace(needs: readonly SpaceNeed[]): void {
  for (const { places, bytes, freeBytes } of needs) checkSpace({ path: places.join(', '), freeBytes }, bytes)
}

/** The directories that will have to be made for a place: it and those above it that are not there yet. */
export function missingDirectories(place: string): string[] {
  const missing: string[] = []
  for (let at = place; !existsSync(at); at = dirname(at)) missing.push(at)
  return missing
}
