import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { configSeenBy, reportSeenBy } from './seen-by.ts'
import { viewOfApplication } from './view-of-application.ts'
import { viewOfSource } from './view-of-source.ts'

export function createApplicationAnswers({ config, status }: ApiSurroundings): AnswersOf<'applications'> {
  return {
    async 'applications.list'(_input, caller, ctx) {
      const { report } = await status.read(ctx)
      const seen = reportSeenBy(caller, report, config())
      return { at: report.at.toISOString(), applications: seen.applications.map(viewOfApplication) }
    },

    async 'applications.get'({ params }, caller, ctx) {
      const { name } = requireKnown('application', params.application, configSeenBy(caller, config()).applications)
      const { report } = await status.read(ctx)
      const application = report.applications.find((each) => each.name === name)
      if (application === undefined) throw new Error('the status lacks an application of its configuration')
      return {
        at: report.at.toISOString(),
        application: viewOfApplication(application),
        sources: report.sources.filter((each) => application.sources.includes(each.source.name)).map(viewOfSource),
      }
    },
  }
}
