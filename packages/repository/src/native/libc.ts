import { createRequire } from 'node:module'
import { endianness } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** A C function as koffi gives it: addresses are passed as numbers, results up to 64 bits come back as numbers. */
export type NativeCall = (...values: (number | bigint)[]) => number

/** The part of koffi that is used. */
interface Koffi {
  load(path: string | null): { func(definition: string): NativeCall & { async: NativeAsyncCall } }
  address(buffer: ArrayBufferView): bigint
  errno(): number
}

type NativeAsyncCall = (...values: [...(number | bigint)[], (error: unknown, result: number) => void]) => void

/** The C library of this process, for what Node has no call for. */
export interface Libc {
  /** Binds a function by its C prototype (pointers as `uintptr_t`); undefined when the library has no such function. */
  bind(prototype: string): NativeCall | undefined
  /** The same, run on a thread of its own; the error number of a failure is not known. */
  bindAsync(prototype: string): ((...values: (number | bigint)[]) => Promise<number>) | undefined
  /** Memory outside the heap and its address. It stays in place for as long as the buffer is referred to. */
  reserve(sizeBytes: number): { readonly buffer: Buffer; readonly address: number }
  /** Where the content of a buffer lies; true for as long as it is referred to. */
  addressOf(buffer: Buffer): number
  /** Of the call that failed last on this thread. */
  errno(): number
}

/**
 * The only architectures where the structures used here (64-bit time and offsets, little-endian) have been thought
 * through.
 */
const supportedArchitectures: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64']

/**
 * One table of bound functions per thread, made at first use: loading koffi costs about 20 ms, which a command that
 * touches no metadata should not pay. It never changes once made, which is why it may live in the module.
 */
let loaded: { readonly libc: Libc | undefined } | undefined

/**
 * The C library, or undefined where it cannot be used: not Linux, another architecture, or koffi not installed for
 * it. Callers then do without (no extended attributes, times rounded to microseconds) and say so.
 */
export function libc(): Libc | undefined {
  loaded ??= { libc: open() }
  return loaded.libc
}

function open(): Libc | undefined {
  if (process.platform !== 'linux' || !supportedArchitectures.includes(process.arch) || endianness() !== 'LE')
    return undefined
  const koffi = requireKoffi()
  if (koffi === undefined) return undefined
  const library = loadLibrary(koffi)
  if (library === undefined) return undefined
  // Parsing a prototype costs more than hundred calls of it.
  const found = new Map<string, (NativeCall & { async: NativeAsyncCall }) | undefined>()
  const find = (prototype: string) => {
    if (!found.has(prototype))
      found.set(
        prototype,
        attempt(() => library.func(prototype)),
      )
    return found.get(prototype)
  }
  return {
    bind: find,
    bindAsync(prototype) {
      const call = find(prototype)
      if (call === undefined) return undefined
      return (...values) =>
        new Promise((resolve, reject) => {
          call.async(...values, (error, result) => (error == null ? resolve(result) : reject(error)))
        })
    },
    reserve(sizeBytes) {
      // Never from Node's pool: its slabs are shared with ordinary buffers.
      const buffer = Buffer.allocUnsafeSlow(sizeBytes)
      return { buffer, address: Number(koffi.address(buffer)) }
    },
    addressOf: (buffer) => Number(koffi.address(buffer)),
    errno: () => koffi.errno(),
  }
}

/** Boundary: koffi is loaded only when needed, and its own types are looser than the part used here. */
function requireKoffi(): Koffi | undefined {
  return attempt(() => createRequire(import.meta.url)('koffi') as Koffi)
}

/** What the process itself is linked with, else glibc's or musl's library by name. */
function loadLibrary(koffi: Koffi) {
  for (const name of [null, 'libc.so.6', 'libc.so']) {
    const library = attempt(() => {
      const candidate = koffi.load(name)
      candidate.func('int getpid()')
      return candidate
    })
    if (library !== undefined) return library
  }
  return undefined
}

function attempt<Value>(action: () => Value): Value | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** An error like those of `node:fs`: callers need not care which of the two failed. */
export function systemError(errno: number, syscall: string, path?: string | Uint8Array): NodeJS.ErrnoException {
  const [code, reason] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error']
  const name = path === undefined ? '' : ` '${Buffer.from(path).toString()}'`
  return Object.assign(new Error(`${code}: ${reason}, ${syscall}${name}`), {
    code,
    errno: -errno,
    syscall,
    ...(path === undefined ? {} : { path: Buffer.from(path).toString() }),
  })
}
