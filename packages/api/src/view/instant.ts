import { z } from 'zod'

/** ISO 8601 in UTC: "2026-11-21T02:00:00.000Z". */
export const instantSchema = z.iso.datetime().meta({ examples: ['2026-11-21T02:00:00.000Z'] })

/** Milliseconds, never fewer than none. */
export const durationMsSchema = z.number().min(0)

/** Name of a source, repository, tier or application as it comes in: one that nothing has is answered as unknown. */
export const nameSchema = z
  .string()
  .min(1)
  .max(200)
  .meta({ examples: ['shop'] })
