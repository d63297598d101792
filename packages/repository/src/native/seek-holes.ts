import { constants } from 'node:os'
import { type Libc, type NativeCall, libc, systemError } from './libc.ts'

/** A part of a file that may hold something other than zeros: bytes from `start` to before `end`. */
export interface DataExtent {
  readonly start: number
  readonly end: number
}

/** From <unistd.h> of Linux. */
const SEEK_DATA = 3
const SEEK_HOLE = 4

/**
 * The parts of a sparse file that hold data, in order; everything between them reads as zeros. The whole file when
 * the file system knows no holes, or this process cannot ask (see `libc`). Moves the file offset, so read by
 * position. About 0.4 µs for each end of an extent; a file whose blocks add up to its size has no holes and need not
 * be asked (shared 4-core x64 virtual machine, ext4, 2026).
 */
export function dataExtents(fd: number, sizeBytes: number): DataExtent[] {
  const library = libc()
  const seek = library?.bind('int64_t lseek(int fd, int64_t offset, int whence)')
  if (!library || !seek) return sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]
  const extents: DataExtent[] = []
  for (let at = 0; at < sizeBytes;) {
    const start = seekTo(library, seek, fd, at, SEEK_DATA)
    if (start === 'none' || (typeof start === 'number' && start >= sizeBytes)) break
    const end = start === 'unknown' ? start : seekTo(library, seek, fd, start, SEEK_HOLE)
    if (start === 'unknown' || typeof end === 'string') {
      extents.push({ start: typeof start === 'number' ? start : at, end: sizeBytes })
      break
    }
    extents.push({ start, end: Math.min(end, sizeBytes) })
    at = end
  }
  return extents
}

/** `none`: there is no more data. `unknown`: the file system cannot tell. */
function seekTo(
  library: Libc,
  seek: NativeCall,
  fd: number,
  offset: number,
  whence: number,
): number | 'none' | 'unknown' {
  const found = seek(fd, offset, whence)
  if (found >= 0) return found
  const errno = library.errno()
  if (errno === constants.errno.ENXIO) return 'none'
  if (errno === constants.errno.EINVAL || errno === constants.errno.ENOTSUP) return 'unknown'
  throw systemError(errno, 'lseek')
}
