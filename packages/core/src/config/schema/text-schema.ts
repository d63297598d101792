import { z } from 'zod'
import { isAppError } from '../../errors/app-error.ts'
import { parseCalendarDuration } from '../../units/calendar-duration.ts'
import { parseDurationMs } from '../../units/duration.ts'
import { parseSizeBytes } from '../../units/size.ts'

/** A text that a parser turns into a value; what the parser throws becomes the problem of that text. */
function parsed<Value>(form: string, examples: readonly string[], parse: (text: string) => Value) {
  return z
    .string({ error: `must be ${form}, such as ${examples.join(', ')}` })
    .meta({ examples: [...examples] })
    .transform((text, issues) => {
      try {
        return parse(text)
      } catch (error) {
        if (!isAppError(error)) throw error
        issues.addIssue({ code: 'custom', message: `is not ${form}: ${error.details['reason'] ?? error.message}` })
        return z.NEVER
      }
    })
}

/** "15m" → milliseconds */
export const durationSchema = parsed('a duration with its unit', ['15m', '1h30m', '7d'], (text) =>
  parseDurationMs(text, 'duration'),
)

/** A duration longer than nothing. */
export const positiveDurationSchema = durationSchema.refine((durationMs) => durationMs > 0, {
  error: 'must be longer than 0',
})

/** "15m" → milliseconds; "none" → undefined: nothing is promised. */
export const promisedDurationSchema = parsed('a duration with its unit, or none', ['15m', '24h', 'none'], (text) =>
  text === 'none' ? undefined : parseDurationMs(text, 'duration'),
)

/** "2GiB" → bytes */
export const sizeSchema = parsed('a size with its unit', ['500MiB', '2GiB', '1TiB'], (text) =>
  parseSizeBytes(text, 'size'),
)

/** "1y6m", restic's spelling, kept as text */
export const calendarDurationSchema = parsed('a span of the calendar', ['30d', '1y6m'], (text) => {
  parseCalendarDuration(text, 'duration')
  return text
})

/** "50%" or 0.5 → 0.5 */
export const shareSchema = z
  .union([z.number({ error: 'must be a share such as 50% or 0.5' }), z.string()])
  .transform((share, issues) => {
    const value = typeof share === 'number' ? share : percent(share)
    if (value !== undefined && value >= 0) return value
    issues.addIssue({ code: 'custom', message: 'must be a share such as 50% or 0.5' })
    return z.NEVER
  })
  .meta({ examples: ['50%', '0.5'] })

function percent(text: string): number | undefined {
  const digits = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits) / 100
}

export const nameSchema = z.string({ error: 'must be a name' }).regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u, {
  error:
    'is no name: it takes up to 63 letters, digits, dots, dashes and underscores, and begins with a letter or digit',
})

export const textSchema = z.string({ error: 'must be a text' }).min(1, { error: 'is empty' })

/** A time zone that this Node knows. */
export const timeZoneSchema = z
  .string({ error: 'must be a time zone, such as Europe/Berlin' })
  .refine(isTimeZone, { error: 'is no time zone; they are written as Europe/Berlin, America/New_York, UTC' })
  .meta({ examples: ['Europe/Berlin', 'UTC'] })

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}
