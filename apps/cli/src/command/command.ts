import type { Context } from '@holdfast/core/context'
import type { Options, OptionValues, Variables } from '../argument/option.ts'
import type { Output } from '../output/output.ts'
import type { AskPassword } from '../session/ask-password.ts'
import type { GlobalValues } from '../session/global-option.ts'

export interface Argument {
  readonly name: string
  readonly help: string
  readonly required: boolean
  readonly repeatable: boolean
  readonly completes?: 'file' | 'directory'
  readonly choices?: readonly string[]
}

export interface Example {
  readonly explanation: string
  readonly command: string
}

/** What a command is started with. */
export interface Invocation<Given extends Options = Options> {
  readonly arguments: readonly string[]
  readonly options: OptionValues<Given>
  readonly global: GlobalValues
  readonly variables: Variables
  readonly output: Output
  readonly ctx: Context
  /** Ends the command with this error, as soon as its work can be stopped. */
  abandon(reason: unknown): void
  /** undefined when nobody can be asked */
  readonly ask: AskPassword | undefined
  /** From now on SIGHUP calls this instead of ending the command. */
  onHangUp(listener: () => void): void
}

/** One command: everything help, completion and the reference show, and how it runs. */
export interface Command<Given extends Options = Options> {
  /** with a blank for a command of a group: "key add" */
  readonly name: string
  /** one line, imperative, without full stop */
  readonly purpose: string
  /** further paragraphs of the help */
  readonly details?: readonly string[]
  readonly arguments: readonly Argument[]
  readonly options: Given
  readonly examples: readonly Example[]
  readonly exitCodes: readonly ExitCode[]
  /** The exit code of every failure, wrong arguments included, for a caller to whom small ones are answers. */
  failureExitCode?(): number
  /** Resolves to the exit code: 0, or 3 for a partial result. Everything else is thrown. */
  run(invocation: Invocation<Given>): Promise<number>
}

export interface ExitCode {
  readonly code: number
  readonly meaning: string
}

const onRepository: readonly ExitCode[] = [
  { code: 10, meaning: 'there is no repository at the location' },
  { code: 11, meaning: 'the repository is locked' },
  { code: 12, meaning: 'wrong password' },
  { code: 130, meaning: 'interrupted' },
]

/** The exit codes of a command that does not open a repository. */
export const plainExitCodes: readonly ExitCode[] = [
  { code: 0, meaning: 'done' },
  { code: 1, meaning: 'failed' },
]

/** The exit codes of a command on a repository; `partial` says what 3 means where it can occur. */
export function repositoryExitCodes(failed = 'failed', partial?: string): readonly ExitCode[] {
  const three = partial === undefined ? [] : [{ code: 3, meaning: partial }]
  return [{ code: 0, meaning: 'done' }, { code: 1, meaning: failed }, ...three, ...onRepository]
}

/** Lets TypeScript infer the types of the options. */
export function defineCommand<Given extends Options>(command: Command<Given>): Command<Given> {
  return command
}
