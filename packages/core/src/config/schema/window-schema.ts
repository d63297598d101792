import { z } from 'zod'
import { timeZoneSchema } from './text-schema.ts'

const form = 'must be two times of day, such as 22:00-06:00'

/** "22:00-06:00" → minutes of the day; the end may be earlier than the start (over midnight), never the same. */
const betweenSchema = z
  .string({ error: form })
  .meta({ examples: ['22:00-06:00', '12:00-13:30'] })
  .transform((text, issues) => {
    const [, startHour, startPart, endHour, endPart] =
      /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? []
    const startMinute = minuteOfDay(startHour, startPart)
    const endMinute = minuteOfDay(endHour, endPart)
    if (startMinute !== undefined && endMinute !== undefined && startMinute < 1440) {
      if (startMinute !== endMinute) return { startMinute, endMinute }
      issues.addIssue({
        code: 'custom',
        message: 'begins when it ends, so that it is never open; the whole day is 00:00-24:00',
      })
      return z.NEVER
    }
    issues.addIssue({ code: 'custom', message: form })
    return z.NEVER
  })

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const windowObjectSchema = z.strictObject({
  between: betweenSchema.describe('Start and end, as times of day.'),
  days: z
    .array(z.enum(dayNames))
    .min(1, { error: 'names no day' })
    .optional()
    .describe('The days on which it begins; every day when absent.'),
  timeZone: timeZoneSchema.optional().describe('The zone of the times; else that of the whole configuration.'),
})

/** "22:00-06:00", or { between, days, timeZone }. */
export const windowSchema = z
  .union([
    betweenSchema.transform((between) => ({ between, days: undefined, timeZone: undefined })),
    windowObjectSchema,
  ])
  .meta({ shorthand: 'between' })

export type ParsedWindow = z.output<typeof windowSchema>

/** 0 is Sunday, as in cron. */
export function dayNumber(name: (typeof dayNames)[number]): number {
  return dayNames.indexOf(name)
}

function minuteOfDay(hour: string | undefined, minute: string | undefined): number | undefined {
  const total = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && total <= 1440 ? total : undefined
}
