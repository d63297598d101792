import { maySee } from '@holdfast/api/caller'
import type { Routes } from '@holdfast/api/routes'
import { createCronClock } from '@holdfast/orchestrator/planning/cron-clock'
import { readStatusFacts } from '@holdfast/orchestrator/status/status-facts'
import { statusOf } from '@holdfast/orchestrator/status/status-report'
import type { ApiSurroundings } from './api-surroundings.ts'
import type { RouteAnswer } from './route-answer.ts'
import { viewOfSource } from './view-of-source.ts'

export interface SourceAnswers {
  readonly 'sources.list': RouteAnswer<Routes['sources.list']>
}

export function createSourceAnswers({ catalogue, config }: ApiSurroundings): SourceAnswers {
  const clock = createCronClock()
  return {
    async 'sources.list'(_input, caller, ctx) {
      const report = statusOf(await readStatusFacts(catalogue, config(), ctx.now()), clock)
      const seen = report.sources.filter(({ source }) => maySee(caller, source.name))
      return { at: report.at.toISOString(), sources: seen.map(viewOfSource) }
    },
  }
}
