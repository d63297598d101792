import type { Context } from '@holdfast/core/context'
import { resolveSecret } from '@holdfast/orchestrator/config/resolve-secret'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { openConfiguredCatalogue } from '@holdfast/orchestrator/operation/open-configured-catalogue'
import type { OperationReport } from '@holdfast/orchestrator/operation/operation-report'
import { createRepositoryPool } from '@holdfast/orchestrator/operation/repository-pool'
import type { MachineFacts, Task } from './task-message.ts'

/** Does a run or copies the catalogue, with a catalogue and repositories of its own. */
export async function doOperation(
  task: Extract<Task, { readonly type: 'run' | 'copy-catalogue' }>,
  variables: (name: string) => string | undefined,
  ctx: Context,
): Promise<OperationReport> {
  const { config } = task
  const machine = machineOf(task.machine, variables)
  await using catalogue = await openConfiguredCatalogue(config.catalogue, machine, ctx)
  await using repositories = createRepositoryPool(config.repositories, machine)
  const given = { config, catalogue, repositories, machine }
  if (task.type === 'run') {
    const { executeRun } = await import('@holdfast/orchestrator/operation/execute-run')
    return await executeRun(task.run, given, ctx)
  }
  const { copyCatalogue } = await import('@holdfast/orchestrator/operation/copy-catalogue')
  return await copyCatalogue(task.settings, given, ctx)
}

/** The machine as this process knows it. */
export function machineOf(facts: MachineFacts, variables: Machine['variable']): Machine {
  return {
    ...facts,
    identity: { ...facts.identity, pid: process.pid },
    variable: variables,
    random: Math.random,
    resolveSecret: (reference, own) => resolveSecret(reference, { variables }, own),
  }
}
