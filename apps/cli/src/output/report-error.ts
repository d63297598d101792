import { isAppError } from '@holdfast/core/errors/app-error'
import type { Channel } from './channel.ts'
import { printable } from './printable.ts'

/** Says on stderr why a command ends, and resolves its exit code. An error without a code is a bug and shown whole. */
export function reportError(error: unknown, { stderr, json }: { stderr: Channel; json: boolean }): number {
  const { code, message, hint, stack } = describe(error)
  // the one message of several lines, put together from texts that hold no line breaks
  const block = isAppError(error, 'CONFIG_INVALID')
  if (json) stderr.write(`${JSON.stringify({ message_type: 'exit_error', code, message, hint })}\n`)
  else
    stderr.write(
      `holdfast: ${block ? message.split('\n').map(printable).join('\n') : printable(message)}\nhint: ${printable(hint)}\n`,
    )
  if (stack !== undefined) stderr.write(`${stack}\n`)
  return code
}

interface Description {
  readonly code: number
  readonly message: string
  readonly hint: string
  readonly stack?: string
}

function describe(error: unknown): Description {
  if (isAppError(error)) return { code: error.exitCode, message: error.message, hint: error.hint }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 1,
    message: `unexpected error, this is a bug: ${message}`,
    hint: 'Report it with the lines below and the version that `holdfast version` prints.',
    stack: error instanceof Error ? (error.stack ?? '') : '',
  }
}
