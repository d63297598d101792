import { z } from 'zod'
import { promiseShape } from './promise-schema.ts'
import { nameSchema } from './text-schema.ts'

/** A named promise that sources are given. */
export const tierSchema = z.strictObject({
  extends: nameSchema
    .optional()
    .describe('Tier that holds for everything not said here. A tier named like a built-in one changes that one.'),
  ...promiseShape,
})
