import { z } from 'zod'
import { shareSchema } from './text-schema.ts'

/** How far a backup may differ from those before it until it is reported. */
export const anomalySchema = z.strictObject({
  smallerBy: shareSchema.optional().describe('Smaller than the usual size by more than this share.'),
  largerBy: shareSchema.optional().describe('Larger than the usual size by more than this share; 100% is double.'),
  churn: shareSchema.optional().describe('More than this share of the files changed at once.'),
  slowerBy: shareSchema.optional().describe('Longer than the usual time by more than this share; 200% is three times.'),
  rowsDropBy: shareSchema
    .optional()
    .describe(
      'A table lost more than this share of its rows since the backup before, where backups count them (logical ones); of tables that are gone only where no new ones came.',
    ),
})
