import { spawn } from 'node:child_process'
import { AppError } from '@holdfast/core/errors/app-error'
import { type Channel, channelTimeoutMs } from '../channel.ts'
import { messagePayload } from '../message-payload.ts'
import type { ChannelOf } from './channel-settings.ts'

/**
 * Any program, given the message as JSON on its standard input; no shell. Exit code 0: it has been taken. What the program
 * prints goes nowhere, because it may hold secrets.
 */
export function createCommandChannel({ name, command }: ChannelOf<'command'>): Channel {
  const [program = '', ...words] = command
  return {
    name,
    send: async (message, ctx) => {
      ctx.signal.throwIfAborted()
      const input = JSON.stringify(messagePayload(message))
      const timeout = AbortSignal.timeout(channelTimeoutMs)
      const ending = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
        const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
        // The whole group: a script's children would otherwise live on.
        const kill = () => {
          if (child.pid !== undefined) killGroup(child.pid)
        }
        const stop = AbortSignal.any([ctx.signal, timeout])
        stop.addEventListener('abort', kill, { once: true })
        child.once('error', (error: NodeJS.ErrnoException) => {
          const reason = `${program} cannot be started: ${error.code ?? 'unknown reason'}`
          reject(new AppError('CHANNEL_REFUSED', { channel: name, reason }))
        })
        child.once('close', (code, signal) => {
          stop.removeEventListener('abort', kill)
          resolve({ code, signal })
        })
        // A program that does not read its input is not an error.
        child.stdin.once('error', () => {})
        child.stdin.end(input)
      })
      ctx.signal.throwIfAborted()
      if (ending.code === 0) return
      throw new AppError('CHANNEL_UNREACHABLE', { channel: name, reason: endingText(ending, program, timeout.aborted) })
    },
  }
}

function endingText(ending: { code: number | null; signal: string | null }, program: string, isLate: boolean): string {
  if (isLate) return `${program} did not end within ${channelTimeoutMs / 1000} s`
  return ending.code === null ? `${program} was ended by ${ending.signal}` : `${program} ended with code ${ending.code}`
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
