import { z } from 'zod'

/** What every request that fails is answered with. `code` is stable, `message` and `hint` are for people. */
export const errorBodySchema = z
  .strictObject({
    error: z.strictObject({
      code: z.string().meta({ examples: ['SOURCE_UNKNOWN'] }),
      message: z.string(),
      hint: z.string(),
      /** what of the request was wrong, by path: "query.limit" */
      problems: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    }),
  })
  .meta({ id: 'Error' })
export type ErrorBody = z.output<typeof errorBodySchema>
