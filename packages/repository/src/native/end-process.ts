import module from 'node:module'
import { libc } from './libc.ts'

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
    libc()?.bind('void _exit(int)')?.(code)
  })
  process.exit(exitCode)
}
