import type { ApplicationView } from '@holdfast/api/view/application-view'
import type { ApplicationObjectives } from '@holdfast/orchestrator/planning/objectives'
import { viewOfFinding } from './view-of-finding.ts'
import { viewOfObjective } from './view-of-source.ts'

export function viewOfApplication(application: ApplicationObjectives): ApplicationView {
  const { name, sources, newestRestorable, rpo, rto, points, findings } = application
  return {
    name,
    sources: [...sources],
    ...(newestRestorable !== undefined && { newestRestorable: newestRestorable.toISOString() }),
    rpo: viewOfObjective(rpo),
    rto: viewOfObjective(rto),
    score: points,
    findings: findings.map(viewOfFinding),
  }
}
