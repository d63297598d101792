import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'

/** Asks on the terminal, without showing what is typed. */
export type AskPassword = (question: string, ctx: Context) => Promise<string>

/** The parts of Node's terminal input that are needed. */
export interface TerminalInput {
  setRawMode(on: boolean): unknown
  resume(): unknown
  pause(): unknown
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  off(event: 'data', listener: (chunk: Buffer) => void): unknown
}

const endOfInput = 0x04
const interrupt = 0x03
const killLine = 0x15
const backspaces: readonly number[] = [0x08, 0x7f]
const returns: readonly number[] = [0x0a, 0x0d]

/** Fails with INTERRUPTED on Ctrl-C and when the context is aborted. */
export function createPasswordPrompt(input: TerminalInput, output: { write(text: string): unknown }): AskPassword {
  return async (question, ctx) => {
    output.write(question)
    input.setRawMode(true)
    input.resume()
    try {
      return await readHiddenLine(input, ctx)
    } finally {
      input.setRawMode(false)
      input.pause()
      output.write('\n')
    }
  }
}

function readHiddenLine(input: TerminalInput, { signal }: Context): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes: number[] = []
    const end = (settle: () => void) => {
      input.off('data', onData)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(new AppError('INTERRUPTED', {})))
    const onData = (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === interrupt) return onAbort()
        if (returns.includes(byte) || byte === endOfInput)
          return end(() => resolve(Buffer.from(bytes).toString('utf8')))
        if (backspaces.includes(byte)) bytes = withoutLastCharacter(bytes)
        else if (byte === killLine) bytes = []
        else bytes.push(byte)
      }
    }
    input.on('data', onData)
    signal.addEventListener('abort', onAbort)
  })
}

function withoutLastCharacter(bytes: readonly number[]): number[] {
  const characters = [...Buffer.from(bytes).toString('utf8')]
  return [...Buffer.from(characters.slice(0, -1).join(''))]
}
