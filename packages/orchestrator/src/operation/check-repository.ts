import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { check } from '@holdfast/repository/check/check'
import type { CheckReport, ReadData } from '@holdfast/repository/check/check-options'
import type { Repository } from '@holdfast/repository/repository'
import {
  afterCheck,
  type CheckParts,
  parseCheckParts,
  readRotation,
  writeRotation,
} from '../planning/check-rotation.ts'
import type { Run } from '../run/run.ts'
import { measureRepository } from './measure-repository.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { withRepository } from './with-repositories.ts'

/**
 * Checks that a repository is whole, and reads the parts of its data whose turn it is (argument "parts"; without it only
 * the structure is checked). What is hinted at is no problem. Fails with REPOSITORY_CHECK_FAILED.
 */
export async function checkConfiguredRepository(
  run: Run,
  { name }: RepositorySettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const parts = parseCheckParts(run.arguments['parts'] ?? '')
  const look = (repository: Repository, own: Context): Promise<OperationReport> =>
    checkParts(name, repository, parts, surroundings, own)
  // who adds something meanwhile disturbs nothing, and may not be kept waiting for hours; who removes data is kept out
  return await withRepository(name, { exclusive: false }, surroundings, look, ctx)
}

async function checkParts(
  name: string,
  repository: Repository,
  parts: CheckParts | undefined,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const { catalogue, machine } = surroundings
  let bytesChecked = 0
  for (const readData of subsetsOf(parts)) {
    const report = await check(repository, { readData, workers: machine.workers }, ctx)
    bytesChecked += report.bytesRead
    refuseErrors(name, report)
  }
  const key = `checked/${name}`
  if (parts !== undefined) {
    const rotation = readRotation(await catalogue.marks.get(key))
    await catalogue.marks.set(key, writeRotation(afterCheck(rotation, parts, ctx.now())))
  }
  await measureRepository(name, repository, surroundings, ctx)
  return reportOf({ bytesChecked }, [])
}

function subsetsOf(parts: CheckParts | undefined): ReadData[] {
  if (parts === undefined) return ['none']
  if (parts.parts.length === parts.of) return ['all']
  return parts.parts.map((part) => ({ part, of: parts.of }))
}

function refuseErrors(repository: string, { errors, findings }: CheckReport): void {
  if (errors === 0) return
  const first = findings.find(({ severity }) => severity === 'error')
  const example = first === undefined ? '' : `${first.object} ${first.id.slice(0, 16)}: ${first.reason}`
  throw new AppError('REPOSITORY_CHECK_FAILED', { repository, count: errors, example })
}
