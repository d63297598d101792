import { pathText } from '@holdfast/core/config/config-problem'
import type { PlacedProblem } from '@holdfast/orchestrator/config/loaded-config'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { requireUnlimited } from './seen-by.ts'

export function createConfigurationAnswers({
  configPath,
  served,
  reload,
  checkConfig,
}: ApiSurroundings): AnswersOf<'configuration'> {
  return {
    async 'configuration.get'(_input, caller) {
      requireUnlimited(caller)
      const { files, digest, warnings, shown } = served()
      return {
        file: configPath,
        files: [...files],
        digest,
        warnings: [...warnings],
        settings: shown,
      }
    },

    async 'configuration.check'({ body }, caller, ctx) {
      requireUnlimited(caller)
      const problems = await checkConfig(body.yaml, ctx)
      return {
        isValid: problems.every(({ severity }) => severity !== 'error'),
        problems: problems.map(viewOfProblem),
      }
    },

    async 'configuration.reload'(_input, caller, ctx) {
      requireUnlimited(caller)
      const outcome = await reload(ctx)
      return { outcome, digest: served().digest }
    },
  }
}

function viewOfProblem({ severity, path, message, suggestion, place }: PlacedProblem) {
  return {
    severity,
    path: pathText(path),
    message,
    ...(suggestion !== undefined && { suggestion }),
    ...(place !== undefined && { file: place.file, line: place.line, column: place.column }),
  }
}
