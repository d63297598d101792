import { closeSync, openSync, readSync } from 'node:fs'

let known: boolean | undefined

/**
 * Whether the processor has instructions for SHA-256 (x86: SHA extensions; ARM: cryptography extensions), which OpenSSL
 * uses. Where that cannot be found out, it is taken to be so: OpenSSL is then good enough either way.
 */
export function hasShaInstructions(): boolean {
  known ??= readFlags()
  return known
}

function readFlags(): boolean {
  let descriptor: number | undefined
  try {
    descriptor = openSync('/proc/cpuinfo', 'r')
    // the first processor's lines are enough: with hundreds of them the whole file takes milliseconds to make
    const bytes = Buffer.alloc(4096)
    const text = bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0))
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.split(' ')
    return flags === undefined || flags.includes('sha_ni') || flags.includes('sha2')
  } catch {
    return true
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
