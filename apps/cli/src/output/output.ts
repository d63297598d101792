import type { Event } from '@holdfast/core/events/event'
import { type Channel, holdBack } from './channel.ts'
import { createEventSink } from './event-sink.ts'

export interface OutputSettings {
  readonly stdout: Channel
  readonly stderr: Channel
  readonly json: boolean
  readonly quiet: boolean
  /** 0, 1 or 2 */
  readonly verbosity: number
  /** between two reports of progress; undefined chooses by the kind of output */
  readonly progressIntervalMs: number | undefined
  /** milliseconds since any fixed moment */
  nowMs(): number
}

/** What a command says, as text for people or as JSON lines for programs. */
export interface Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbosity: number
  readonly columns: number
  /** stdout is a terminal, so that names need escaping and nothing binary may be written */
  readonly terminal: boolean
  /** the result, for people; nothing in JSON mode */
  line(text: string): void
  /** what is not the result itself, for people: left out by --quiet and in JSON mode */
  note(text: string): void
  /** one message, for programs; nothing otherwise */
  message(value: unknown): void
  emit(event: Event): void
  /** raw content on stdout, in either mode; resolves when it has been taken */
  content(bytes: Uint8Array): Promise<void>
  /** Ends the display of progress and writes what is still held back. */
  finish(): void
}

export function createOutput(settings: OutputSettings): Output {
  const { stdout, json, quiet, verbosity } = settings
  const held = holdBack(stdout)
  const sink = createEventSink(settings, held)
  const print = (text: string) => {
    sink.clear()
    held.add(`${text}\n`)
  }
  return {
    json,
    quiet,
    verbosity,
    columns: stdout.columns ?? 80,
    terminal: stdout.isTTY === true,
    line: (text) => {
      if (!json) print(text)
    },
    note: (text) => {
      if (!json && !quiet) print(text)
    },
    message: (value) => {
      if (json) print(JSON.stringify(value))
    },
    emit: sink.emit,
    content: async (bytes) => {
      held.flush()
      await new Promise<void>((resolve, reject) => {
        stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
      })
    },
    finish: () => {
      sink.close()
      held.flush()
    },
  }
}
