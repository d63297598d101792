import { byteText } from './byte-text.ts'

/** A path given to back up, and the device (st_dev) it lies on. */
export interface TargetDevice {
  readonly path: string
  readonly device: bigint
}

/** The device allowed below a path: that of the nearest target at or above it; undefined when there is none. */
export function createAllowedDevice(
  targets: readonly TargetDevice[],
): (path: string | Uint8Array) => bigint | undefined {
  const devices = new Map(targets.map(({ path, device }) => [byteText(path), device]))
  return (path) => {
    for (let above = byteText(path); ; above = above.slice(0, above.lastIndexOf('/'))) {
      const device = devices.get(above === '' ? '/' : above)
      if (device !== undefined || !above.includes('/')) return device ?? devices.get('/')
    }
  }
}

/** Where an entry lies, by st_dev. */
export interface EntryPlace {
  readonly device: bigint
  readonly isDirectory: boolean
  /** Of the directory that holds the entry. */
  readonly parentDevice: bigint
}

/**
 * Whether an entry is left out because it lies on another file system. A mount point is kept (as the directory it
 * is), what it holds is not.
 */
export function isOnOtherFileSystem(allowed: bigint, entry: EntryPlace): boolean {
  if (entry.device === allowed) return false
  return !(entry.isDirectory && entry.parentDevice === allowed)
}
