import { startProgram, type RunningProgram } from '../../process/running-program.ts'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { describeFailure, isNotice } from '../client/client-command.ts'
import type { ProgramCommand } from '../../process/program-place.ts'
import { type DumpPart, type DumpPiece, type DumpShape, DumpSplitter } from './dump-splitter.ts'

export interface DumpSection {
  readonly part: DumpPart
  /** to be read to its end before the next section is asked for; a piece may be used until the next one is */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>
}

export interface DumpStream extends AsyncDisposable {
  /** head first, then each database, the views of each where there are any, and the tail */
  sections(): AsyncGenerator<DumpSection, void, undefined>
  /** after the last section: rows by `rowsKey`, and what the program warned of. Fails with MYSQL_DUMP_FAILED. */
  finish(): Promise<{ readonly rows: ReadonlyMap<string, number>; readonly warnings: readonly string[] }>
}

export interface DumpStart {
  readonly shape: DumpShape
  readonly silenceLimitMs: number
  readonly host: string
  /** what its standard input gets */
  readonly input?: AsyncIterable<Uint8Array>
}

/** Starts a dump and divides what it writes. */
export function startDump(
  command: ProgramCommand,
  { shape, silenceLimitMs, host, input }: DumpStart,
  ctx: Context,
): DumpStream {
  const choice = { silenceLimitMs, lendsOutput: true, ...(input === undefined ? {} : { input }) }
  const program = startProgram(command, choice, ctx)
  const splitter = new DumpSplitter(shape)
  return {
    sections: () => sectionsOf(piecesOf(program, splitter)),
    async finish() {
      const { failure, diagnostics } = await program.finish()
      const errors = diagnostics.filter((line) => /error:|Couldn't|Got error/i.test(line) && !isNotice(line))
      if (failure !== undefined || errors.length > 0) {
        throw new AppError('MYSQL_DUMP_FAILED', { host, reason: describeFailure(failure, diagnostics) })
      }
      if (!splitter.isComplete) throw new AppError('MYSQL_DUMP_FAILED', { host, reason: 'it ended early' })
      return { rows: splitter.rows, warnings: diagnostics.filter((line) => !isNotice(line)) }
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

async function* piecesOf(program: RunningProgram, splitter: DumpSplitter): AsyncGenerator<DumpPiece, void, undefined> {
  for await (const bytes of program.output) yield* splitter.push(bytes)
  yield* splitter.end()
}

/** Neighbouring pieces of one part become one stream. */
async function* sectionsOf(
  pieces: AsyncGenerator<DumpPiece, void, undefined>,
): AsyncGenerator<DumpSection, void, undefined> {
  let next = await pieces.next()
  while (next.done !== true) {
    const { part } = next.value
    const state = { isRead: false }
    yield {
      part,
      chunks: (async function* chunks() {
        while (next.done !== true && next.value.part === part) {
          yield next.value.bytes
          next = await pieces.next()
        }
        state.isRead = true
      })(),
    }
    if (!state.isRead) throw new Error('a section of a dump was not read to its end')
  }
}
