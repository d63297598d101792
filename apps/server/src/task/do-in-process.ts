import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type FromTaskProcess, type TaskResults, receiveError, type Task, type ToTaskProcess } from './task-message.ts'

const program = fileURLToPath(new URL('./task-process.ts', import.meta.url))
/** Longer than the process itself takes to give up. */
const killAfterMs = 20_000

/**
 * Does a task in a process of its own. When the context is stopped, so is the process. Fails as the task does, or with
 * RUN_PROCESS_DIED. `variables`: what its environment has beside this one's.
 */
export function doInProcess<Wanted extends Task>(
  task: Wanted,
  ctx: Context,
  variables: Readonly<Record<string, string>> = {},
): Promise<TaskResults[Wanted['type']]> {
  return new Promise((resolve, reject) => {
    const child = fork(program, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // the environment is not looked at, only passed on
      env: { ...process.env, ...variables },
    })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
    const tell = (message: ToTaskProcess): void => void (child.connected && child.send(message, () => {}))
    const stop = (): void => {
      tell({ type: 'stop' })
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref()
    }
    let answer: FromTaskProcess | undefined
    child.on('message', (message: FromTaskProcess) => {
      if (message.type === 'event') ctx.emit(message.event)
      else answer = message
    })
    child.on('error', reject)
    // Only when it is gone is its work over: nobody may begin the same again beside it.
    child.on('close', () => {
      ctx.signal.removeEventListener('abort', stop)
      // boundary: the other side answers what it was asked
      if (answer?.type === 'done') resolve(answer.result as TaskResults[Wanted['type']])
      else if (answer?.type === 'failed') reject(receiveError(answer.error))
      else reject(new AppError('RUN_PROCESS_DIED', { outcome: outcomeOf(child, said) }))
    })
    if (ctx.signal.aborted) stop()
    ctx.signal.addEventListener('abort', stop, { once: true })
    tell({ type: 'begin', task })
  })
}

/** Of a configuration what a run needs: of a thousand sources one. */
export function neededOf(config: EffectiveConfig, source: string | undefined): EffectiveConfig {
  const sources = new Map([...config.sources].filter(([name]) => name === source))
  return { ...config, sources, applications: new Map(), origins: new Map() }
}

function outcomeOf({ exitCode, signalCode }: ChildProcess, said: string): string {
  const how = signalCode === null ? `exit code ${exitCode}` : `ended by ${signalCode}`
  const last = said.trim().split('\n').at(-1)
  return last === undefined || last === '' ? how : `${how}: ${last}`
}
