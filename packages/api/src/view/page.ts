import { z } from 'zod'

/** How many at most, newest first. */
export const limitSchema = z.coerce.number().int().min(1).max(1000).default(50)

/** `before` of the page before this one. */
export const cursorSchema = z.string().min(1).max(200).optional().describe('Those before this one: `before` of a page.')
