import type { SourceView } from '@holdfast/api/view/source-view'
import type { Objective } from '@holdfast/orchestrator/planning/objectives'
import type { SourceStatus } from '@holdfast/orchestrator/status/status-report'
import { viewOfFinding } from './view-of-finding.ts'

export function viewOfSource(status: SourceStatus): SourceView {
  const { source, newestRestorable, newestProof, newestPassed, score } = status
  return {
    name: source.name,
    type: source.workload.type,
    tier: source.tier,
    labels: Object.fromEntries(source.labels),
    isBroken: status.isBroken,
    ...(newestRestorable !== undefined && { newestRestorable: newestRestorable.toISOString() }),
    newestRestorableBy: status.by,
    rpo: viewOfObjective(status.rpo),
    rto: viewOfObjective(status.rto),
    ...(newestProof !== undefined && {
      lastProof: { at: newestProof.endedAt.toISOString(), verdict: newestProof.verdict },
    }),
    ...(newestPassed !== undefined && { lastPassedProofAt: newestPassed.endedAt.toISOString() }),
    repositories: [...source.repositories],
    copies: [...status.copies],
    score: score.points,
    scoreParts: score.parts.map(({ demand, isMet, explanation }) => ({ demand, isMet, explanation })),
    activeRuns: status.activeRuns.map(({ id, operation, state }) => ({ id, operation, state })),
    findings: status.findings.map(viewOfFinding),
  }
}

export function viewOfObjective({ verdict, actualMs, promisedMs }: Objective): SourceView['rpo'] {
  return {
    verdict,
    ...(actualMs !== undefined && { actualMs }),
    ...(promisedMs !== undefined && { promisedMs }),
  }
}
