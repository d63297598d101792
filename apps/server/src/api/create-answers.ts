import type { RouteName, Routes } from '@holdfast/api/routes'
import { createPeopleAnswers } from '../access/people-answers.ts'
import { createAgentAnswers } from '../agent/agent-answers.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { createApplicationAnswers } from './application-answers.ts'
import { createConfigurationAnswers } from './configuration-answers.ts'
import { createDescriptionAnswers } from './description-answers.ts'
import { createEventAnswers } from './event-answers.ts'
import { createFindingAnswers } from './finding-answers.ts'
import { createInstanceAnswers } from './instance-answers.ts'
import { createNotificationAnswers } from './notification-answers.ts'
import { createProofAnswers } from './proof-answers.ts'
import { createRepositoryAnswers } from './repository-answers.ts'
import { createRestoreAnswers } from './restore-answers.ts'
import type { RouteAnswer } from './route-answer.ts'
import { createRunAnswers } from './run-answers.ts'
import { createSnapshotAnswers } from './snapshot-answers.ts'
import { createSourceAnswers } from './source-answers.ts'
import { createStatusAnswers } from './status-answers.ts'
import { createTierAnswers } from './tier-answers.ts'

/** One answer for each route: a missing one does not compile. */
export type Answers = { readonly [Name in RouteName]: RouteAnswer<Routes[Name]> }

export function createAnswers(surroundings: ApiSurroundings): Answers {
  return {
    ...createSourceAnswers(surroundings),
    ...createStatusAnswers(surroundings),
    ...createApplicationAnswers(surroundings),
    ...createRepositoryAnswers(surroundings),
    ...createTierAnswers(surroundings),
    ...createRunAnswers(surroundings),
    ...createSnapshotAnswers(surroundings),
    ...createRestoreAnswers(surroundings),
    ...createInstanceAnswers(surroundings),
    ...createFindingAnswers(surroundings),
    ...createProofAnswers(surroundings),
    ...createNotificationAnswers(surroundings),
    ...createConfigurationAnswers(surroundings),
    ...createEventAnswers(surroundings),
    ...createPeopleAnswers(surroundings),
    ...createDescriptionAnswers(surroundings),
    ...createAgentAnswers(surroundings),
  }
}
