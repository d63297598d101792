import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { seesEvent } from './seen-by.ts'

export function createEventAnswers({ feed }: ApiSurroundings): AnswersOf<'events'> {
  return {
    'events.stream': async ({ query: { after } }, caller, ctx) =>
      await feed.listen(after, (event) => seesEvent(caller, event), ctx),
  }
}
