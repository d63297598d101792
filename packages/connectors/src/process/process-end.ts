import type { ChildProcess } from 'node:child_process'

/**
 * Resolves to why what a program did must not count: "ended with exit code 1"; to undefined when it succeeded. `close` waits
 * for its output, which must be read to its end; `exit` does not.
 */
export function endOf(child: ChildProcess, moment: 'close' | 'exit'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (code === 0) resolve(undefined)
      else resolve(code === null ? `was stopped by ${signal}` : `ended with exit code ${code}`)
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve(`could not be started: ${error.code === 'ENOENT' ? 'there is no such program' : error.message}`)
    })
    if (moment === 'close') child.on('close', ended)
    else child.on('exit', ended)
  })
}
