import { randomUUID } from 'node:crypto'
import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'
import { requireKnown } from '../config/require-known.ts'
import { parseCheckParts } from './check-rotation.ts'
import { draftForRepository, draftForSource } from './run-draft.ts'
import { type Operation, routineOperations, type RunDraft } from '../run/run.ts'

export interface WantedRun {
  /** as it was typed */
  readonly operation: string
  /** of a source or repository */
  readonly name: string
  readonly repository: string | undefined
  readonly from: string | undefined
  readonly target: 'newest' | 'random' | undefined
  readonly parts: string | undefined
  /** who wants it */
  readonly by: string
}

/** Before everything that a schedule has asked for: somebody waits for it. */
const priority = 100

/** Fails with ARGUMENT_INVALID, SOURCE_UNKNOWN, OPERATION_UNSUITABLE. */
export function draftByHand(wanted: WantedRun, config: EffectiveConfig, now: Date): RunDraft {
  const operation = readOperation(wanted.operation)
  const choice = {
    operation,
    cause: { type: 'manual', by: wanted.by } as const,
    uniqueKey: `manual/${randomUUID()}`,
    dueAt: now,
    arguments: argumentsOf(operation, wanted),
  }
  const draft =
    operation === 'prune' || operation === 'check'
      ? draftForRepository(choice, requireKnown('repository', wanted.name, config.repositories), config)
      : draftForSource(choice, { ...placeOf(operation, wanted, config) }, config)
  // whoever sees it fail decides whether to try it again
  return { ...draft, priority, attempts: 1 }
}

function readOperation(text: string): Operation {
  const found = routineOperations.find((each) => each === text)
  if (found !== undefined) return found
  const reason = `it must be one of ${routineOperations.join(', ')}`
  throw new AppError('ARGUMENT_INVALID', { name: 'operation', value: JSON.stringify(text), reason })
}

function argumentsOf(operation: Operation, { from, target, parts, repository }: WantedRun): Record<string, string> {
  if (parts !== undefined && parseCheckParts(parts) === undefined) {
    const reason = 'parts are n/t or n,m/t with 1 ≤ n ≤ t ≤ 256'
    throw new AppError('ARGUMENT_INVALID', { name: 'parts', value: JSON.stringify(parts), reason })
  }
  if (operation === 'verify') {
    return { target: target ?? 'newest', ...(repository === undefined ? {} : { repository }) }
  }
  if (operation === 'check') return parts === undefined ? {} : { parts }
  return operation === 'copy' && from !== undefined ? { from } : {}
}

function placeOf(operation: Operation, wanted: WantedRun, config: EffectiveConfig) {
  const source = requireKnown('source', wanted.name, config.sources)
  const { repository } = wanted
  if (repository !== undefined) {
    requireKnown('repository', repository, config.repositories)
    if (!source.repositories.includes(repository)) {
      throw unsuitable(operation, source.name, `it is not kept in ${repository}`)
    }
  }
  switch (operation) {
    case 'copy': {
      const from = wanted.from ?? source.repositories.find((name) => name !== repository)
      const to = repository ?? source.repositories.find((name) => name !== from)
      if (from === undefined || to === undefined) throw unsuitable(operation, source.name, 'it has one repository only')
      requireKnown('repository', from, config.repositories)
      return { source, repository: to, touched: [from, to] }
    }
    case 'forget':
      return repository === undefined
        ? { source, touched: source.repositories }
        : { source, repository, touched: [repository] }
    case 'backup':
      return { source, touched: writtenBy(source) }
    default:
      return { source, touched: repository === undefined ? source.repositories.slice(0, 1) : [repository] }
  }
}

function writtenBy({ copyMethod, repositories }: SourceSettings): readonly string[] {
  return copyMethod === 'fan-out' ? repositories : repositories.slice(0, 1)
}

function unsuitable(operation: string, subject: string, reason: string): AppError {
  return new AppError('OPERATION_UNSUITABLE', { operation, subject, reason })
}
