import { randomBytes } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { executeRun } from '@holdfast/orchestrator/operation/execute-run'
import type { OperationReport } from '@holdfast/orchestrator/operation/operation-report'
import { createRepositoryPool } from '@holdfast/orchestrator/operation/repository-pool'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { Invocation } from '../command/command.ts'
import { currentMachine } from '../session/current-machine.ts'
import { type ControlPlane, openControlPlane } from '../session/open-catalogue.ts'

/** The configuration, its catalogue and queue, and the means to do runs in this process. */
export interface OpenRuns extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly queue: RunQueue
  /** of this process, unique */
  readonly worker: string
  execute(run: Run, ctx: Context): Promise<OperationReport>
}

/** Fails with CONFIG_…, CATALOGUE_…, SECRET_… */
export async function openRuns(invocation: Invocation): Promise<OpenRuns> {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await openControlPlane(invocation))
  const queue = stack.use(await openRunQueue(plane.catalogue, invocation.ctx))
  const machine = currentMachine(invocation)
  const { config } = plane.loaded
  const repositories = stack.use(createRepositoryPool(config.repositories, machine))
  const { hostname, pid } = machine.identity
  const open = stack.move()
  return {
    plane,
    queue,
    worker: `${hostname}:${pid}:${randomBytes(2).toString('hex')}`,
    execute: (run, ctx) => executeRun(run, { config, catalogue: plane.catalogue, repositories, machine }, ctx),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
