import type { RouteName, Routes } from '@holdfast/api/routes'
import type { ApiSurroundings } from './api-surroundings.ts'
import type { RouteAnswer } from './route-answer.ts'
import { createSourceAnswers } from './source-answers.ts'

/** One answer for each route: a missing one does not compile. */
export type Answers = { readonly [Name in RouteName]: RouteAnswer<Routes[Name]> }

export function createAnswers(surroundings: ApiSurroundings): Answers {
  return {
    ...createSourceAnswers(surroundings),
  }
}
