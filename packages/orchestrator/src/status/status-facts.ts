import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Catalogue, Sample } from '../catalogue/catalogue.ts'
import { type Facts, recentProofsMs } from '../planning/facts.ts'
import type { ObjectiveFacts } from '../planning/objectives.ts'

/** What status is told from: fewer questions than all facts, since somebody waits for the answer. */
export type StatusFacts = ObjectiveFacts &
  Pick<Facts, 'activeRuns'> & {
    /** sizes of the repositories over the last sixty days, oldest first */
    readonly repositorySizes: readonly Sample[]
  }

const sizesMs = 60 * 86_400_000

export async function readStatusFacts(catalogue: Catalogue, config: EffectiveConfig, now: Date): Promise<StatusFacts> {
  const { runs, snapshots, proofs, marks, samples, findings } = catalogue
  const before = (ms: number) => new Date(now.getTime() - ms)
  const [activeRuns, overview, newest, slowest, logMarks, checkMarks, openFindings, repositorySizes] =
    await Promise.all([
      runs.list({ states: ['queued', 'running'] }),
      snapshots.overview(),
      proofs.newest(),
      proofs.slowest(before(recentProofsMs)),
      marks.list('log/'),
      marks.list('checked/'),
      findings.list({ isOpen: true }),
      samples.list({ figure: 'repository-bytes', since: before(sizesMs) }),
    ])
  return {
    config,
    now,
    activeRuns,
    snapshots: overview,
    proofs: newest,
    slowestProofs: slowest,
    marks: new Map([...logMarks, ...checkMarks]),
    openFindings,
    repositorySizes,
  }
}
