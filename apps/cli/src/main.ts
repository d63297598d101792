import { constants } from 'node:os'
import { endProcess } from '@holdfast/repository/native/end-process'
import type { Channel } from './output/channel.ts'
import { runCommandLine } from './run-command-line.ts'
import { createInterruption } from './session/interruption.ts'

const interruption = createInterruption()
/** what a hang-up means to the command, if anything else than its end */
let hangUp: (() => void) | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (signal === 'SIGHUP' && hangUp !== undefined) hangUp()
    else if (interruption.interrupt(performance.now()) === 'again') endProcess(130)
  })
}

// `holdfast ls latest | head`: a reader that has seen enough is no error, but there is no point in going on.
let readerGone = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  readerGone = true
  interruption.stop()
})
process.stderr.on('error', () => {})

/** Nobody wants to hear that a listing was interrupted by `head`. */
function quietOnceReaderIsGone(stderr: NodeJS.WriteStream): Channel {
  return {
    isTTY: stderr.isTTY,
    get columns() {
      return stderr.columns
    },
    write: (content, done) => readerGone || stderr.write(content, done),
  }
}

const exitCode = await runCommandLine(process.argv.slice(2), {
  signal: interruption.signal,
  variables: (name) => process.env[name],
  now: () => new Date(),
  nowMs: () => performance.now(),
  onHangUp: (listener) => (hangUp = listener),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: quietOnceReaderIsGone(process.stderr),
})
// What a pipe has not taken yet would be lost with the process, and a reader may be slow.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => stream.write('', () => resolve()))
}
// Whatever a library left open (idle connections, worker threads) must not keep the process alive.
endProcess(readerGone ? 128 + constants.signals.SIGPIPE : exitCode)
