import type { RunView } from '@holdfast/api/view/run-view'
import type { Run, RunCause, RunResult } from '@holdfast/orchestrator/run/run'

export function viewOfRun(run: Run): RunView {
  const { id, operation, source, repository, state, isCancelRequested, attempt, attempts, timeoutMs } = run
  const { startedAt, endedAt, leasedBy, error, result } = run
  return {
    ...{ id, operation, state, isCancelRequested, attempt, attempts, timeoutMs },
    ...(source !== undefined && { source }),
    ...(repository !== undefined && { repository }),
    arguments: { ...run.arguments },
    cause: viewOfCause(run.cause),
    dueAt: run.dueAt.toISOString(),
    queuedAt: run.queuedAt.toISOString(),
    ...(startedAt !== undefined && { startedAt: startedAt.toISOString() }),
    ...(endedAt !== undefined && { endedAt: endedAt.toISOString() }),
    ...(leasedBy !== undefined && { worker: leasedBy }),
    ...(error !== undefined && { error: { ...error } }),
    ...(result !== undefined && { result: viewOfResult(result) }),
  }
}

function viewOfCause(cause: RunCause): RunView['cause'] {
  return cause.type === 'schedule' ? { ...cause, fire: cause.fire.toISOString() } : { ...cause }
}

function viewOfResult({ snapshots, problems, ...figures }: RunResult): RunView['result'] {
  return {
    ...figures,
    ...(snapshots !== undefined && { snapshots: { ...snapshots } }),
    ...(problems !== undefined && { problems: [...problems] }),
  }
}
