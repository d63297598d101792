import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { createAuditAnswers } from './audit-answers.ts'
import { createSessionAnswers } from './session-answers.ts'
import { createTokenAnswers } from './token-answers.ts'
import { createUserAnswers } from './user-answers.ts'

/** Everything about people: signing in, users, tokens, and the log of what they did. */
export function createPeopleAnswers(surroundings: Pick<ApiSurroundings, 'catalogue' | 'config'>) {
  return {
    ...createSessionAnswers(surroundings),
    ...createUserAnswers(surroundings),
    ...createTokenAnswers(surroundings),
    ...createAuditAnswers(surroundings),
  }
}
