import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { ProofRecord } from '../catalogue/catalogue.ts'
import type { Run } from '../run/run.ts'

/** Snapshots with this tag hold what a catalogue remembered: configuration, runs, proofs. */
export const catalogueTag = 'holdfast-catalogue'

/**
 * Files below /holdfast/catalogue; all but the first have one JSON object a line. `audit` is evidence, and not read back:
 * nobody can cut off the end of the log, or write it anew, without a copy that says otherwise.
 */
export const catalogueFiles = {
  config: 'config.json',
  runs: 'runs.jsonl',
  proofs: 'proofs.jsonl',
  audit: 'audit.jsonl',
} as const

export function isCatalogueCopy({ snapshot }: ListedSnapshot): boolean {
  return snapshot.tags.includes(catalogueTag)
}

export function encodeLines(values: readonly unknown[]): Buffer {
  return Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

/** Lines that cannot be read are left out: the rest is worth having. */
export function parseRuns(bytes: Uint8Array): Run[] {
  return parseLines(bytes).flatMap((value) => {
    if (typeof value['id'] !== 'string' || typeof value['operation'] !== 'string') return []
    // boundary: written by this program and authenticated by the repository
    const run = value as unknown as Run
    return [
      {
        ...run,
        cause: run.cause.type === 'schedule' ? { ...run.cause, fire: new Date(run.cause.fire) } : run.cause,
        dueAt: new Date(run.dueAt),
        queuedAt: new Date(run.queuedAt),
        ...(run.startedAt === undefined ? {} : { startedAt: new Date(run.startedAt) }),
        ...(run.endedAt === undefined ? {} : { endedAt: new Date(run.endedAt) }),
      },
    ]
  })
}

export function parseProofs(bytes: Uint8Array): ProofRecord[] {
  return parseLines(bytes).flatMap((value) => {
    if (typeof value['id'] !== 'string' || typeof value['endedAt'] !== 'string') return []
    // boundary: as above
    return [{ ...(value as unknown as ProofRecord), endedAt: new Date(value['endedAt']) }]
  })
}

function parseLines(bytes: Uint8Array): Readonly<Record<string, unknown>>[] {
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line)
        return isRecord(value) ? [value] : []
      } catch {
        return []
      }
    })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
