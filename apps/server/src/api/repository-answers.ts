import { mapAt } from '@holdfast/core/config/setting'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { configSeenBy, reportSeenBy, seesAbout } from './seen-by.ts'
import { viewOfFinding } from './view-of-finding.ts'
import { viewOfRepository } from './view-of-repository.ts'
import { viewOfRun } from './view-of-run.ts'

export function createRepositoryAnswers({
  catalogue,
  config,
  served,
  status,
}: ApiSurroundings): AnswersOf<'repositories'> {
  return {
    async 'repositories.list'(_input, caller, ctx) {
      const { report } = await status.read(ctx)
      const seen = reportSeenBy(caller, report, config())
      return { at: report.at.toISOString(), repositories: seen.repositories.map(viewOfRepository) }
    },

    async 'repositories.get'({ params }, caller, ctx) {
      const seen = configSeenBy(caller, config())
      const { name } = requireKnown('repository', params.repository, seen.repositories)
      const { report, facts } = await status.read(ctx)
      const repository = report.repositories.find(({ settings }) => settings.name === name)
      if (repository === undefined) throw new Error('the status lacks a repository of its configuration')
      const { sources } = caller
      const runs = await catalogue.runs.list({ repository: name, limit: 20, ...(sources !== undefined && { sources }) })
      return {
        at: report.at.toISOString(),
        repository: viewOfRepository(repository),
        settings: mapAt(mapAt(served().shown, 'repositories'), name),
        sources: [...seen.sources.values()]
          .filter(({ repositories }) => repositories.includes(name))
          .map((source) => source.name),
        sizes: facts.repositorySizes
          .filter(({ subject }) => subject === `repository/${name}`)
          .map(({ at, value }) => ({ at: at.toISOString(), bytes: value })),
        runs: runs.map(viewOfRun),
        findings: facts.openFindings
          .filter(({ subject }) => subject.repository === name && seesAbout(caller, subject))
          .map(viewOfFinding),
      }
    },
  }
}
