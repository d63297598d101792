import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Context } from '@holdfast/core/context'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { DiagnosticLines } from './diagnostic-lines.ts'
import { readPieces } from './pipe-pieces.ts'
import { endOf } from './process-end.ts'
import { stopGroup } from './process-group.ts'
import type { ProgramCommand } from './program-place.ts'

export interface ProgramEnd {
  /** why its output must not count: "ended with exit code 1"; undefined when it succeeded */
  readonly failure: string | undefined
  /** what it wrote to its standard error, the first and the newest lines of it */
  readonly diagnostics: readonly string[]
}

/** A program that was started. Disposing it stops it, and what it started. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number | undefined
  /** Standard output, to be read once. The program waits while the reader does. It ends also when the program fails. */
  readonly output: AsyncGenerator<Uint8Array, void, undefined>
  /** Resolves when it has ended; standard output must have been read to its end. */
  finish(): Promise<ProgramEnd>
}

export interface ProgramChoice {
  /** While output is awaited and not one byte comes for so long, the program is killed. 0: never */
  readonly silenceLimitMs: number
  /** Each piece of output is freed when the next one is asked for: its reader keeps none without copying it. */
  readonly lendsOutput?: boolean
  /** written to its standard input, which is then closed */
  readonly input?: AsyncIterable<Uint8Array>
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

export function startProgram(command: ProgramCommand, choice: ProgramChoice, ctx: Context): RunningProgram {
  // A group of its own: an interrupt typed at the terminal is for us to pass on, and children are stopped with it.
  const child: Child = spawn(command.file, command.arguments, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...command.variables },
  })
  const diagnostics = new DiagnosticLines()
  child.stderr.setEncoding('utf8').on('data', (text: string) => diagnostics.add(text))
  const state: { stoppedFor: string | undefined } = { stoppedFor: undefined }
  const ended = endOf(child, 'close')
  const interrupt = (): void => stopGroup(child, 'SIGTERM')
  ctx.signal.addEventListener('abort', interrupt, { once: true })
  const fed = feed(child, command.preamble, choice.input)
  const onSilence = (): void => {
    state.stoppedFor = `wrote nothing for ${formatDurationMs(choice.silenceLimitMs)} and was stopped`
    stopGroup(child, 'SIGKILL')
  }
  return {
    pid: child.pid,
    output: outputOf(
      readPieces(child.stdout, { areLent: choice.lendsOutput === true }),
      choice.silenceLimitMs,
      onSilence,
    ),
    async finish() {
      const failure = await ended
      ctx.signal.removeEventListener('abort', interrupt)
      ctx.signal.throwIfAborted()
      const inputFailure = await fed
      // a program that failed closes its input early; that is no failure of its own
      if (failure === undefined && inputFailure !== undefined) throw inputFailure
      if (inputFailure !== undefined && !isBrokenPipe(inputFailure)) throw inputFailure
      return { failure: state.stoppedFor ?? failure, diagnostics: diagnostics.lines() }
    },
    async [Symbol.asyncDispose]() {
      ctx.signal.removeEventListener('abort', interrupt)
      stopGroup(child, 'SIGTERM')
      child.stdout.destroy()
      await ended
    },
  }
}

/** Runs a program whose output is short, at most 256 MiB. */
export async function runProgram(
  command: ProgramCommand,
  choice: ProgramChoice,
  ctx: Context,
): Promise<ProgramEnd & { readonly output: Buffer }> {
  await using program = startProgram(command, choice, ctx)
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const bytes of program.output) {
    sizeBytes += bytes.length
    if (sizeBytes > 256 << 20) return { failure: 'wrote too much', diagnostics: [], output: Buffer.alloc(0) }
    parts.push(bytes)
  }
  return { ...(await program.finish()), output: Buffer.concat(parts) }
}

async function* outputOf(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
  silenceLimitMs: number,
  onSilence: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    // Counts only while we wait: a reader who takes his time does not make a program silent.
    const timer = silenceLimitMs > 0 ? setTimeout(onSilence, silenceLimitMs) : undefined
    let next: IteratorResult<Uint8Array, void>
    try {
      next = await pieces.next()
    } catch {
      // A pipe that broke with its program: `finish` tells why.
      return
    } finally {
      clearTimeout(timer)
    }
    if (next.done === true) return
    yield next.value
  }
}

/** Resolves to what kept the input from being written, if anything did. */
async function feed(
  { stdin }: Child,
  preamble: string | undefined,
  input: AsyncIterable<Uint8Array> | undefined,
): Promise<Error | undefined> {
  let failure: Error | undefined
  stdin.on('error', (error) => (failure ??= error))
  try {
    if (preamble !== undefined) stdin.write(preamble)
    for await (const bytes of input ?? []) {
      if (failure !== undefined || stdin.destroyed) break
      if (!stdin.write(bytes)) await drained(stdin)
    }
  } catch (error) {
    failure ??= error instanceof Error ? error : new Error(String(error))
  }
  stdin.end()
  return failure
}

function drained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off('drain', done).off('close', done)
      resolve()
    }
    stdin.on('drain', done).on('close', done)
  })
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET')
}
