import { readFileSync } from 'node:fs'
import module from 'node:module'
import { libc } from './libc.ts'

/** O_NONBLOCK, and F_GETFL and F_SETFL of fcntl(2), on every architecture that `libc.ts` knows. */
const nonBlocking = 0o4000
const [getFlags, setFlags] = [3, 4]
const standardStreams = [0, 1, 2]

/** Seen before anything of this process has opened its streams. */
const nonBlockingBefore = new Set(standardStreams.filter(isNonBlocking))

/**
 * Ends this process, after its `exit` listeners. What was written must have been taken already.
 *
 * Node's own end waits for threads of V8, and now and then one of them waits for the main thread: a process that has done
 * its work then stays for good, and with it whoever waits for its end (https://github.com/nodejs/node/issues/54918, met
 * here once in thousands of runs). The C library's `_exit` waits for nobody. Where it cannot be called, or profiles are
 * yet to be written, it is Node's own end after all.
 */
export function endProcess(exitCode: number): never {
  process.once('exit', (code) => {
    if (process.execArgv.some((argument) => argument.includes('-prof'))) return
    module.flushCompileCache()
    leaveStreamsAsFound()
    libc()?.bind('void _exit(int)')?.(code)
  })
  process.exit(exitCode)
}

/** Pipes are shared with a shell and its next commands, which expect them to block. Node's own end would see to that. */
function leaveStreamsAsFound(): void {
  const fcntl = libc()?.bind('int fcntl(int descriptor, int command, int flags)')
  if (fcntl === undefined) return
  for (const descriptor of standardStreams) {
    const flags = fcntl(descriptor, getFlags, 0)
    const wasMadeSo = flags >= 0 && (flags & nonBlocking) !== 0 && !nonBlockingBefore.has(descriptor)
    if (wasMadeSo) fcntl(descriptor, setFlags, flags & ~nonBlocking)
  }
}

/** By proc(5): its `flags` are octal. False where that cannot be read. */
function isNonBlocking(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1]
    return (parseInt(flags ?? '0', 8) & nonBlocking) !== 0
  } catch {
    return false
  }
}
