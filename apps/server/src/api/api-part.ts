import type { Context } from '@holdfast/core/context'
import type { HttpPart } from '../http/open-http.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { createAnswers } from './create-answers.ts'
import { growHeapWhileAsked } from './generous-heap.ts'
import { readJsonBodies } from './read-json-bodies.ts'
import { registerRoutes } from './register-routes.ts'

/** `/api/v1/…` and the aliases at `/instances/…`. */
export function apiPart(surroundings: ApiSurroundings, ctx: Context): HttpPart {
  return async (app) => {
    await app.register(async (api) => {
      growHeapWhileAsked(api)
      readJsonBodies(api)
      registerRoutes(api, createAnswers(surroundings), surroundings, ctx)
    })
  }
}
