import type { RouteName, Routes } from '@holdfast/api/routes'
import type { RouteAnswer } from './route-answer.ts'

/** The answers to all routes of some areas: `AnswersOf<'runs' | 'proofs'>`. */
export type AnswersOf<Area extends string> = {
  readonly [Name in Extract<RouteName, `${Area}.${string}`>]: RouteAnswer<Routes[Name]>
}
