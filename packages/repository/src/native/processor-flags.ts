import { closeSync, openSync, readSync } from 'node:fs'

let known: ReadonlySet<string> | undefined

/**
 * What the processor can do, by the names of Linux' /proc/cpuinfo, such as `avx2` and `sha_ni` (x86) or `sha2` (ARM); empty
 * where that cannot be found out.
 */
export function processorFlags(): ReadonlySet<string> {
  known ??= readFlags()
  return known
}

function readFlags(): ReadonlySet<string> {
  let descriptor: number | undefined
  try {
    descriptor = openSync('/proc/cpuinfo', 'r')
    // the first processor's lines are enough: with hundreds of them the whole file takes milliseconds to make
    const bytes = Buffer.alloc(4096)
    const text = bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0))
    return new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(' '))
  } catch {
    return new Set()
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
