import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { SettingMap } from '@holdfast/core/config/setting'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type ErrorCode, errorCatalogue } from '@holdfast/core/errors/catalogue'
import type { Event } from '@holdfast/core/events/event'
import type { PlacedProblem } from '@holdfast/orchestrator/config/loaded-config'
import type { AgentReport } from '@holdfast/orchestrator/agent/agent-report'
import type { AgentPlace } from '@holdfast/orchestrator/agent/assigned-config'
import type { Assignment } from '@holdfast/orchestrator/agent/assignment'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { DiscoveryRequest } from '@holdfast/orchestrator/discovery/discover'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { OperationReport } from '@holdfast/orchestrator/operation/operation-report'
import type { Run } from '@holdfast/orchestrator/run/run'

/** What a process of its own is started for: what needs much memory, or libraries that nothing else needs. */
export type Task =
  | {
      readonly type: 'run'
      readonly run: Run
      /** Sent, not read again: the file may not hold at this moment. */
      readonly config: EffectiveConfig
      readonly machine: MachineFacts
    }
  | {
      readonly type: 'agent-run'
      readonly assignment: Assignment
      readonly place: AgentPlace
      readonly machine: MachineFacts
    }
  | {
      readonly type: 'copy-catalogue'
      /** what is shown of the configuration */
      readonly settings: SettingMap
      readonly config: EffectiveConfig
      readonly machine: MachineFacts
    }
  | {
      readonly type: 'load-config'
      readonly path: string
      readonly surroundings: Omit<ConfigSurroundings, 'variables'>
    }
  | {
      /** a text that is to take the place of the configuration file */
      readonly type: 'check-config'
      readonly path: string
      readonly text: string
      readonly surroundings: Omit<ConfigSurroundings, 'variables'>
    }
  | { readonly type: 'discover'; readonly request: DiscoveryRequest; readonly host: string }

/** What a server needs of a configuration that holds. Where values come from is left out: nobody asks a server. */
export interface ServedConfig {
  readonly config: EffectiveConfig
  /** a change of any is a reason to read it again */
  readonly files: readonly string[]
  /** the same digest means that nothing has to be done */
  readonly digest: string
  /** what is allowed but strange, one a line */
  readonly warnings: readonly string[]
  /** what may be shown of it */
  readonly shown: SettingMap
}

/** What comes of each task. */
export interface TaskResults {
  readonly run: OperationReport
  readonly 'agent-run': { readonly report: OperationReport; readonly noted: AgentReport }
  readonly 'copy-catalogue': OperationReport
  readonly 'load-config': ServedConfig
  readonly 'check-config': readonly PlacedProblem[]
  /** marks of what nobody protects */
  readonly discover: ReadonlyMap<string, string>
}

/** What it needs to know of the process that starts it; it has the same environment. */
export type MachineFacts = Omit<Machine, 'variable' | 'resolveSecret' | 'random'>

/** Messages are sent as structured clones, so that maps and dates stay what they are. */
export type ToTaskProcess = { readonly type: 'begin'; readonly task: Task } | { readonly type: 'stop' }

export type FromTaskProcess =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'done'; readonly result: TaskResults[Task['type']] }
  | { readonly type: 'failed'; readonly error: PostedError }

/** An error on its way between processes. */
export interface PostedError {
  readonly code?: string
  readonly details?: Readonly<Record<string, string | number>>
  readonly message: string
  readonly stack?: string
}

export function postError(error: unknown): PostedError {
  if (isAppError(error)) return { code: error.code, details: error.details, message: error.message }
  if (!(error instanceof Error)) return { message: String(error) }
  return { message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) }
}

export function receiveError({ code, details = {}, message, stack }: PostedError): Error {
  if (code !== undefined && isErrorCode(code)) {
    return new AppError(code, details)
  }
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}
