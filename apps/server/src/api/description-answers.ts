import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'

export function createDescriptionAnswers({ machine }: ApiSurroundings): AnswersOf<'description'> {
  let made: Awaited<ReturnType<AnswersOf<'description'>['description.get']>> | undefined
  return {
    async 'description.get'() {
      const { describeApi } = await import('@holdfast/api/openapi')
      return (made ??= describeApi(machine.version))
    },
  }
}
