import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { DiagnosticLines } from '../process/diagnostic-lines.ts'
import { readPieces } from '../process/pipe-pieces.ts'
import { endOf } from '../process/process-end.ts'
import { stopGroup } from '../process/process-group.ts'

/** A running program whose output is backed up. Disposing it stops the program. */
export interface CommandSource extends AsyncDisposable {
  /** A piece may be used until the next one is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Throws SOURCE_COMMAND_FAILED when what was read must not count: the program failed, took too long, or wrote nothing. */
  finish(sizeBytes: number): Promise<void>
}

export interface CommandChoice {
  readonly timeoutMs: number | undefined
  /** fewer bytes than this are a failure; 1 unless given */
  readonly minimumBytes?: number
  /** `inherit`: its error output goes where this program's goes; `note`: its lines become events, and the last one is told on failure */
  readonly diagnostics: 'inherit' | 'note'
}

/** Starts the program when its output is asked for: not for a wrong password. */
export function openCommandSource(words: readonly string[], choice: CommandChoice, ctx: Context): CommandSource {
  let started: CommandSource | undefined
  const start = (): CommandSource => (started ??= startCommandSource(words, choice, ctx))
  return {
    bytes: { [Symbol.asyncIterator]: () => start().bytes[Symbol.asyncIterator]() },
    finish: (sizeBytes) => start().finish(sizeBytes),
    [Symbol.asyncDispose]: async () => started?.[Symbol.asyncDispose](),
  }
}

/** Its output must be read from now on: what a program that has ended wrote is thrown away by Node. */
function startCommandSource(words: readonly string[], choice: CommandChoice, ctx: Context): CommandSource {
  const { timeoutMs, minimumBytes = 1, diagnostics } = choice
  const [program = '', ...rest] = words
  // A group of its own, so that what the program started can be stopped with it.
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', diagnostics === 'inherit' ? 'inherit' : 'pipe'],
    detached: true,
  })
  const said = new DiagnosticLines()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.add(text))
  const running = { timedOut: false }
  const ended = endOf(child, 'exit')
  const stop = () => stopGroup(child, 'SIGTERM')
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          running.timedOut = true
          stop()
        }, timeoutMs)
  ctx.signal.addEventListener('abort', stop, { once: true })
  const failed = (text: string) => {
    const last = said.lines().at(-1)
    const told = last === undefined ? text : `${text}: ${last}`
    return new AppError('SOURCE_COMMAND_FAILED', { command: program, outcome: told })
  }
  return {
    bytes: outputOf(child.stdout),
    async finish(sizeBytes) {
      const failure = await ended
      if (running.timedOut) throw failed(`took longer than ${formatDurationMs(timeoutMs ?? 0)}`)
      if (failure !== undefined) throw failed(failure)
      if (sizeBytes === 0) throw failed('wrote nothing')
      if (sizeBytes < minimumBytes) throw failed(`wrote ${sizeBytes} bytes, fewer than ${minimumBytes}`)
      for (const message of said.lines()) ctx.emit({ type: 'message.noted', level: 'info', message })
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      ctx.signal.removeEventListener('abort', stop)
      stop()
      await ended
    },
  }
}

async function* outputOf(stdout: Readable | null): AsyncGenerator<Uint8Array> {
  if (stdout === null) return
  try {
    yield* readPieces(stdout, { areLent: true })
  } catch {
    // A broken pipe of the program: `finish` tells why.
  }
}
