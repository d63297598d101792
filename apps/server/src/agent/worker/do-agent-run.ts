import { rm } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { collectReport } from '@holdfast/orchestrator/agent/agent-report'
import { configOfAssignment, runOfAssignment } from '@holdfast/orchestrator/agent/assigned-config'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { executeRun } from '@holdfast/orchestrator/operation/execute-run'
import { createRepositoryPool } from '@holdfast/orchestrator/operation/repository-pool'
import { machineOf } from '../../task/do-operation.ts'
import type { Task, TaskResults } from '../../task/task-message.ts'

/** Makes the backup that an agent was told to make, with a catalogue of its own, and brings back what was noted in it. */
export async function doAgentRun(
  { assignment, place, machine: facts }: Extract<Task, { readonly type: 'agent-run' }>,
  variables: (name: string) => string | undefined,
  ctx: Context,
): Promise<TaskResults['agent-run']> {
  const config = configOfAssignment(assignment, place)
  const machine = machineOf(facts, variables)
  const path = place.cataloguePath
  await removeCatalogue(path)
  try {
    await using catalogue = await openCatalogue({ type: 'sqlite', path }, ctx)
    await using repositories = createRepositoryPool(config.repositories, machine)
    const given = { config, catalogue, repositories, machine }
    const report = await executeRun(runOfAssignment(assignment, ctx.now()), given, ctx)
    return { report, noted: await collectReport(catalogue, assignment.source.name) }
  } finally {
    await removeCatalogue(path)
  }
}

async function removeCatalogue(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
}
