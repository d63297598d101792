import { constants } from 'node:fs'
import { writeCString } from './c-string.ts'
import { type NativeCall, libc, systemError } from './libc.ts'

/** Node types of restic that are neither file, directory nor symlink. */
export type SpecialFileKind = 'dev' | 'chardev' | 'fifo' | 'socket'

const formatBits: Readonly<Record<SpecialFileKind, number>> = {
  dev: constants.S_IFBLK,
  chardev: constants.S_IFCHR,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
}

const AT_FDCWD = -100

/**
 * mknodat by its number: the C library exports mknod only since glibc 2.33, and Node runs on older ones. The kernel
 * takes the lower 32 bits of st_rdev as they are.
 */
const mknodatNumbers: Readonly<Record<string, number>> = { x64: 259, arm64: 33, riscv64: 33, loong64: 33 }

/**
 * Makes a device node, named pipe or socket. `permissions` are the lower 12 bits of the mode, narrowed by the umask;
 * `device` is st_rdev, for devices only. False where that cannot be done (see `libc`). Throws like `node:fs`: EPERM
 * for devices unless root, EEXIST when there is something already.
 */
export function makeSpecialFile(
  path: string | Uint8Array,
  kind: SpecialFileKind,
  permissions: number,
  device = 0n,
): boolean {
  const library = libc()
  const number = mknodatNumbers[process.arch]
  const syscall: NativeCall | undefined = library?.bind(
    'long syscall(long number, long directory, uintptr_t path, long mode, long device)',
  )
  if (!library || !syscall || number === undefined) return false
  // Special files are rare, so nothing is kept between calls.
  const memory = library.reserve(8192)
  writeCString(memory.buffer, path, 'mknod')
  const mode = formatBits[kind] | (permissions & 0o7777)
  if (syscall(number, AT_FDCWD, memory.address, mode, BigInt.asUintN(32, device)) !== 0) {
    throw systemError(library.errno(), 'mknod', path)
  }
  return true
}
