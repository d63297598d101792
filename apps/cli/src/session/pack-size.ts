import { invalidArgument } from '../argument/option.ts'

const mebibyte = 1 << 20

/** Bytes that packs are filled to, from --pack-size in MiB. Fails with ARGUMENT_INVALID. */
export function packBytesOf(packSize = 16): number {
  if (packSize <= 128) return packSize * mebibyte
  throw invalidArgument('--pack-size', String(packSize), 'it must be at most 128')
}
