import { type Marker, cacheDirectoryMarker, markerHolds, parseMarker } from './exclude-if-present.ts'
import { isLargerThan } from './larger-than.ts'
import { type EntryPlace, type TargetDevice, createAllowedDevice, isOnOtherFileSystem } from './one-file-system.ts'
import { compilePatterns, matchExclude } from './select.ts'

/** Everything that keeps part of a source out of a backup. Plain data: it is posted to worker threads. */
export interface FilterSpec {
  /** Patterns, those of pattern files included, in the order given. */
  readonly excludes?: readonly string[]
  readonly insensitiveExcludes?: readonly string[]
  /** `name[:header]` */
  readonly excludeIfPresent?: readonly string[]
  /** Leave out what lies in directories with a valid CACHEDIR.TAG. */
  readonly excludeCaches?: boolean
  /** Files larger than this are left out. */
  readonly excludeLargerThanBytes?: number
  /** Set to stay on the file systems of the targets. */
  readonly oneFileSystem?: readonly TargetDevice[]
}

/** Reads up to `sizeBytes` from the start of the file `name` in `directory`; throws when it cannot. */
export type ReadStart = (directory: string | Uint8Array, name: string, sizeBytes: number) => Uint8Array

export interface SourceFilter {
  /** By name alone, so it is asked before lstat. A directory that is excluded need not be looked into. */
  excludesPath(path: string | Uint8Array): boolean
  /**
   * What a directory's marker files leave of its names: `undefined` (everything, the usual answer) or the names that
   * stay, which are those of the markers themselves. The directory as such is kept.
   */
  remainingNames<Name extends string | Uint8Array>(
    directory: string | Uint8Array,
    names: readonly Name[],
  ): Name[] | undefined
  /** For everything but directories; as in restic that includes symlinks, whose size is the length of their target. */
  excludesSize(sizeBytes: number | bigint): boolean
  /** By file system; false when the filter does not care. */
  excludesPlace(path: string | Uint8Array, place: EntryPlace): boolean
  /** Whether `excludesPlace` ever says yes, so that a walk may spare itself the devices. */
  readonly staysOnFileSystem: boolean
}

/** Compiles a filter for a synchronous walk. Throws ARGUMENT_INVALID for a malformed pattern or marker. */
export function createSourceFilter(spec: FilterSpec, readStart: ReadStart): SourceFilter {
  const excludes = compilePatterns(spec.excludes ?? [], { name: '--exclude' })
  const insensitive = compilePatterns(spec.insensitiveExcludes ?? [], { name: '--iexclude', caseInsensitive: true })
  const markers = (spec.excludeIfPresent ?? []).map(parseMarker)
  if (spec.excludeCaches === true) markers.push(cacheDirectoryMarker)
  const allowedDevice = createAllowedDevice(spec.oneFileSystem ?? [])
  return {
    excludesPath: (path) => matchExclude(excludes, path) || matchExclude(insensitive, path),
    remainingNames: (directory, names) => remainingNames(markers, directory, names, readStart),
    excludesSize: (sizeBytes) => isLargerThan(spec.excludeLargerThanBytes, sizeBytes),
    excludesPlace: (path, place) => {
      const allowed = spec.oneFileSystem === undefined ? undefined : allowedDevice(path)
      return allowed !== undefined && isOnOtherFileSystem(allowed, place)
    },
    staysOnFileSystem: spec.oneFileSystem !== undefined,
  }
}

/** Each marker excludes everything but itself, so two of them exclude each other and nothing stays. */
function remainingNames<Name extends string | Uint8Array>(
  markers: readonly Marker[],
  directory: string | Uint8Array,
  names: readonly Name[],
  readStart: ReadStart,
): Name[] | undefined {
  const effective = markers.filter(
    (marker) =>
      names.some((name) => isNamed(name, marker.name)) &&
      markerHolds(marker, (sizeBytes) => readStart(directory, marker.name, sizeBytes)),
  )
  if (effective.length === 0) return undefined
  return names.filter((name) => effective.every((marker) => isNamed(name, marker.name)))
}

function isNamed(name: string | Uint8Array, expected: string): boolean {
  if (typeof name === 'string') return name === expected
  return name.length === Buffer.byteLength(expected) && Buffer.from(expected).equals(name)
}
