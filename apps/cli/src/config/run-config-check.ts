import { checkSecrets } from '@holdfast/orchestrator/config/check-secrets'
import { readConfig } from '@holdfast/orchestrator/config/load-config'
import type { LoadedConfig, PlacedProblem } from '@holdfast/orchestrator/config/loaded-config'
import { renderProblem } from '@holdfast/orchestrator/config/render-problems'
import { AppError } from '@holdfast/core/errors/app-error'
import type { ConfigCheckOptions } from '../command/config-check.ts'
import type { Invocation } from '../command/command.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { configSurroundings } from '../session/config-surroundings.ts'
import { findConfig } from '../session/find-config.ts'

/** Resolves to 0 when there are no errors; warnings do not count. */
export async function runConfigCheck(invocation: Invocation<ConfigCheckOptions>): Promise<number> {
  const { global, variables, options, output, ctx } = invocation
  if (options.secrets && options.withoutSecrets) {
    throw new AppError('OPTIONS_CONFLICT', { first: '--secrets', second: '--without-secrets' })
  }
  const path = findConfig(global, variables)
  const surroundings = configSurroundings(variables)
  const { loaded, problems: found } = await readConfig(path, surroundings, ctx)
  const problems = [...found]
  if (loaded !== undefined && !options.withoutSecrets) {
    problems.push(...(await checkSecrets(loaded, surroundings, { commands: options.secrets }, ctx)))
  }
  if (loaded !== undefined && options.repositories) problems.push(...(await openAll(loaded, invocation)))
  return report(path, loaded, problems, output)
}

async function openAll(
  loaded: LoadedConfig,
  invocation: Invocation<ConfigCheckOptions>,
): Promise<readonly PlacedProblem[]> {
  const { checkRepositories } = await import('@holdfast/orchestrator/config/check-repositories')
  const { currentMachine } = await import('../session/current-machine.ts')
  return await checkRepositories(loaded, currentMachine(invocation), invocation.ctx)
}

function report(
  path: string,
  loaded: LoadedConfig | undefined,
  problems: readonly PlacedProblem[],
  output: Output,
): number {
  for (const problem of problems) {
    output.line(printable(renderProblem(problem).trimStart()))
    output.message(problemJson(problem))
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const counts = { errors, warnings: problems.length - errors }
  const parts = loaded === undefined ? undefined : countParts(loaded)
  output.message({ message_type: 'summary', file: path, ...counts, ...parts })
  if (errors > 0) output.line(`${printable(path)} has ${countOf(errors, 'error')}; a running server keeps what it has`)
  else if (parts !== undefined) {
    const { repositories, sources, tiers } = parts
    const held = `${countOf(sources, 'source')}, ${countOf(repositories, 'repository', 'repositories')}, ${countOf(tiers, 'tier')}`
    output.line(`${printable(path)} holds: ${held}`)
  }
  return errors > 0 ? 1 : 0
}

function countParts({ config, settings }: LoadedConfig): { sources: number; repositories: number; tiers: number } {
  const { sources, repositories } = config
  return { sources: sources.size, repositories: repositories.size, tiers: Object.keys(settings['tiers'] ?? {}).length }
}

function problemJson({ severity, path, message, suggestion, place }: PlacedProblem): Readonly<Record<string, unknown>> {
  return { message_type: 'config_problem', severity, path: path.join('.'), message, suggestion, ...place }
}
