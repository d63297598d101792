import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { parseArguments } from './argument/parse-arguments.ts'
import type { Variables } from './argument/option.ts'
import type { Command } from './command/command.ts'
import { type Found, findCommand } from './command/find-command.ts'
import { commands } from './command/registry.ts'
import type { Channel } from './output/channel.ts'
import { createOutput, type Output } from './output/output.ts'
import { printable } from './output/printable.ts'
import { reportError } from './output/report-error.ts'
import { type AskPassword, createPasswordPrompt, type TerminalInput } from './session/ask-password.ts'
import { firstVariable } from './session/environment-variable.ts'
import { type GlobalValues, globalOptions } from './session/global-option.ts'

/** What the process gives to the command line. */
export interface Surroundings {
  readonly signal: AbortSignal
  readonly variables: Variables
  /** Lets a command treat SIGHUP as something else than its end. */
  onHangUp?(listener: () => void): void
  readonly stdin: TerminalInput & { readonly isTTY?: boolean }
  readonly stdout: Channel
  readonly stderr: Channel
  now(): Date
  /** milliseconds since any fixed moment */
  nowMs(): number
}

/** Runs one command and resolves to the exit code of the process; errors are reported, never thrown. */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr } = surroundings
  const stop = new AbortController()
  let failureExitCode: number | undefined
  const follow = () => stop.abort(surroundings.signal.reason)
  if (surroundings.signal.aborted) follow()
  surroundings.signal.addEventListener('abort', follow, { once: true })
  try {
    const found = findCommand(words[0] === '--version' ? ['version', ...words.slice(1)] : words)
    if (found.kind === 'none') return await showOverview(found, surroundings)
    if (found.name !== 'help') failureExitCode = (await loadCommand(found.name)).failureExitCode?.()
    return await startCommand(found.name, found.rest, surroundings, stop)
  } catch (error) {
    // Once stopped, whatever fails is a consequence of that.
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error
    const exitCode = reportError(cause, { stderr, json: asksForJson(words) })
    return failureExitCode ?? exitCode
  }
}

async function startCommand(
  name: string,
  rest: readonly string[],
  surroundings: Surroundings,
  stop: AbortController,
): Promise<number> {
  const { variables, stdout, now } = surroundings
  if (name === 'help') return showHelpOf(rest, surroundings)
  const command = await loadCommand(name)
  if (asksForHelp(rest)) return showHelp(command, stdout)
  const { options, arguments: given } = parseArguments(rest, { ...globalOptions, ...command.options }, variables)
  refuseWrongArguments(command, given)
  // The globals are among the options; a command may not redefine one.
  const global: GlobalValues = options
  const output = createOutputFor(global, surroundings)
  const ctx: Context = { signal: stop.signal, now, emit: output.emit }
  const abandon = (reason: unknown) => stop.abort(reason)
  const ask = promptOf(surroundings)
  const onHangUp = (listener: () => void) => surroundings.onHangUp?.(listener)
  try {
    return await command.run({ arguments: given, options, global, variables, output, ctx, abandon, ask, onHangUp })
  } finally {
    output.finish()
  }
}

async function loadCommand(name: string): Promise<Command> {
  const load = commands[name]
  if (load === undefined) throw new Error(`no module for the command ${name}`)
  return load()
}

function refuseWrongArguments(command: Command, given: readonly string[]): void {
  const missing = command.arguments.filter((argument) => argument.required)[given.length]
  if (missing !== undefined) {
    throw new AppError('ARGUMENT_MISSING', { command: command.name, argument: `<${missing.name}>` })
  }
  const last = command.arguments.at(-1)
  const extra = last?.repeatable === true ? undefined : given[command.arguments.length]
  if (extra !== undefined) {
    throw new AppError('ARGUMENT_UNEXPECTED', { command: command.name, argument: printable(extra) })
  }
}

function createOutputFor(global: GlobalValues, surroundings: Surroundings): Output {
  const perSecond = Number(
    firstVariable(surroundings.variables, ['HOLDFAST_PROGRESS_FPS', 'RESTIC_PROGRESS_FPS'])?.value,
  )
  return createOutput({
    stdout: surroundings.stdout,
    stderr: surroundings.stderr,
    json: global.json,
    quiet: global.quiet,
    verbosity: Math.min(global.verbose, 2),
    progressIntervalMs: perSecond > 0 ? 1000 / perSecond : undefined,
    nowMs: surroundings.nowMs,
  })
}

function promptOf({ stdin, stderr }: Surroundings): AskPassword | undefined {
  return stdin.isTTY === true ? createPasswordPrompt(stdin, stderr) : undefined
}

async function showOverview(found: Found & { kind: 'none' }, { stdout, variables }: Surroundings): Promise<number> {
  parseArguments(found.rest, globalOptions, variables)
  const { renderOverview } = await import('./help/overview.ts')
  stdout.write(await renderOverview(found.group, helpColumns(stdout)))
  // Like --help, a bare `holdfast` is a question; `holdfast key` lacks a word.
  return found.group === undefined || asksForHelp(found.rest) ? 0 : 1
}

async function showHelpOf(rest: readonly string[], surroundings: Surroundings): Promise<number> {
  const found = findCommand(rest)
  if (found.kind === 'none') return showOverview({ ...found, rest: ['--help'] }, surroundings)
  return showHelp(await loadCommand(found.name), surroundings.stdout)
}

async function showHelp(command: Command, stdout: Channel): Promise<number> {
  const { renderCommandHelp } = await import('./help/command-help.ts')
  stdout.write(renderCommandHelp(command, helpColumns(stdout)))
  return 0
}

function helpColumns(stdout: Channel): number {
  return Math.min(stdout.columns ?? 100, 120)
}

function asksForHelp(words: readonly string[]): boolean {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  return own.includes('--help') || own.includes('-h')
}

/** Known before anything else is, since the rest of the command line may be the error. */
function asksForJson(words: readonly string[]): boolean {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  return own.includes('--json')
}
