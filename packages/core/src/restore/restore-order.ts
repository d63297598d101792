import { z } from 'zod'
import { nameSchema } from '../config/schema/text-schema.ts'
import { unquotePath } from '../text/quoted-path.ts'
import { isCalendarDay } from '../units/calendar-day.ts'

const noNul = (text: string): boolean => !text.includes('\0')

/** A path inside a snapshot, quoted (`text/quoted-path.ts`). */
export const snapshotPathSchema = z
  .string()
  .max(16_384)
  .startsWith('/', { error: 'must begin with a slash' })
  .refine((text) => noNul(text) && unquotePath(text)?.includes(0) === false, {
    error: 'is no path: a backslash is written \\\\, a byte that is no UTF-8 \\xff',
  })
  .meta({ examples: ['/srv/data/file.txt'] })

/** The id of a snapshot, or its beginning. */
export const snapshotIdSchema = z
  .string()
  .regex(/^[0-9a-f]{4,64}$/, { error: 'must be 4 to 64 hex digits' })
  .meta({ examples: ['1f2e3d4c'] })

const instantForm = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/

/** What moment a restore leads to. */
const pointSchema = z
  .string()
  .max(200)
  .refine(isPoint, {
    error: 'must be latest, backup, an instant with its zone such as 2026-11-20T14:29:59Z, or lsn:…, xid:…, name:…',
  })
  .meta({ examples: ['latest', 'backup', '2026-11-20T14:29:59+09:00', 'lsn:0/2000028'] })

function isPoint(text: string): boolean {
  if (text === 'latest' || text === 'backup') return true
  const [, year, month, day] = instantForm.exec(text) ?? []
  if (year !== undefined)
    return !Number.isNaN(Date.parse(text)) && isCalendarDay(Number(year), Number(month), Number(day))
  if (/^lsn:[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/.test(text)) return true
  if (/^xid:\d{1,10}$/.test(text)) return Number(text.slice(4)) <= 0xffff_ffff
  // oxlint-disable-next-line no-control-regex -- a name goes into the server's settings
  return /^name:[^\u0000-\u001f\u007f']{1,63}$/.test(text)
}

/** Where a restore goes. */
const targetSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('directory'),
      path: z
        .string()
        .min(1)
        .max(4096)
        .refine(noNul, { error: 'must not hold a NUL' })
        .describe('Below a directory of `server.restoreTo`; one that is not absolute is below the first of them.')
        .meta({ examples: ['shop-2026-11-20'] }),
      existing: z
        .enum(['refuse', 'replace'])
        .default('refuse')
        .describe('What happens when something is there: `replace` writes over it, which has to be confirmed.'),
    })
    .describe('A directory of the server’s machine.'),
  z
    .strictObject({ type: z.literal('original') })
    .describe('Where it came from, over what is there: for admins, and to be confirmed.'),
  z
    .strictObject({
      type: z.literal('database'),
      database: z.string().min(1).max(63).describe('Its name in the backup.'),
      into: z.string().min(1).max(63).describe('The name of the new database.'),
    })
    .describe('A new database of the server that the source is.'),
])

/** What is to be restored of a source, from where, and where to: what a plan is asked for and made of. */
export const restoreOrderSchema = z.strictObject({
  source: nameSchema,
  repository: nameSchema.optional().describe('The first of the source’s that holds it, unless given.'),
  snapshot: snapshotIdSchema.optional().describe('This one; else `at` decides.'),
  at: pointSchema.default('latest').describe('The moment to go back to.'),
  paths: z
    .array(snapshotPathSchema)
    .min(1)
    .max(1000)
    .optional()
    .describe('Only these files and directories of the snapshot; everything unless given. For files.'),
  to: targetSchema,
})

export type RestoreOrder = z.output<typeof restoreOrderSchema>
