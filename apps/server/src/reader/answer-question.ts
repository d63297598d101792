import type { Context } from '@holdfast/core/context'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { compareSnapshots } from './compare-snapshots.ts'
import { describeSnapshot } from './describe-snapshot.ts'
import type { HeldRepositories } from './held-repositories.ts'
import { listDirectory } from './list-directory.ts'
import type { PlannedRestore, ReaderAnswers, ReaderQuestion } from './reader-question.ts'

export interface ReaderSurroundings {
  readonly repositories: HeldRepositories
  readonly machine: Machine
}

/** Answers one question; repositories are not locked for it. Fails with REPOSITORY_…, SNAPSHOT_…, STORAGE_…, PATH_UNKNOWN. */
export async function answerQuestion(
  question: ReaderQuestion,
  { repositories, machine }: ReaderSurroundings,
  ctx: Context,
): Promise<ReaderAnswers[ReaderQuestion['type']]> {
  const { name } = question.repository
  switch (question.type) {
    case 'list-snapshots': {
      const repository = await repositories.open(question.repository, ctx)
      const listed = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
      return listed.map((each) => describeSnapshot(name, each))
    }
    case 'describe-snapshot':
      return describeSnapshot(name, await repositories.find(question, ctx))
    case 'list-directory':
      return await listDirectory(await repositories.look(question, ctx), question, ctx)
    case 'compare-snapshots': {
      const before = await repositories.look(question, ctx)
      const after = await repositories.look({ ...question, snapshot: question.other }, ctx)
      // whichever index is the newer knows both
      const opened = after.opened
      return await compareSnapshots({ ...before, opened }, after.listed, question.limit, ctx)
    }
    case 'read-coverage': {
      const repository = await repositories.open(question.repository, ctx)
      const { readRecoverableTime } = await import('@holdfast/orchestrator/restore/recoverable-time')
      return await readRecoverableTime(repository, question.source, question.timeline, ctx)
    }
    case 'plan-restore':
      return await planFor(question, repositories, machine, ctx)
  }
}

async function planFor(
  question: Extract<ReaderQuestion, { readonly type: 'plan-restore' }>,
  repositories: HeldRepositories,
  machine: Machine,
  ctx: Context,
): Promise<PlannedRestore> {
  const { order, source, server, host, repository: settings } = question
  const { planRestore } = await import('@holdfast/orchestrator/restore/plan-source-restore')
  const { digestOf } = await import('@holdfast/orchestrator/restore/restore-plan')
  const repository = await repositories.open(settings, ctx)
  const given = { config: { server, host }, source, repository, repositoryName: settings.name, machine }
  const { view } = await planRestore(order, given, ctx)
  return { view, digest: digestOf(view) }
}
