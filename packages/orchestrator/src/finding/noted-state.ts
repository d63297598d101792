import { z } from 'zod'

/**
 * States that other parts of the control plane leave in marks for the detectors. A value that cannot be read counts as
 * absent: a mark is never worth a crash.
 */
const logStateSchema = z.object({
  /** when the follower last said so */
  at: z.coerce.date(),
  recoverableUntil: z.coerce.date().optional(),
  /** not closed by a newer backup yet */
  gap: z.union([z.boolean(), z.object({ at: z.coerce.date(), message: z.string() })]).optional(),
  slot: z
    .object({ walStatus: z.string(), safeBytes: z.number().optional(), keptBytes: z.number().optional() })
    .optional(),
  error: z
    .union([z.string(), z.object({ code: z.string().optional(), message: z.string(), hint: z.string().optional() })])
    .optional(),
})
export type LogState = z.infer<typeof logStateSchema>

const discoveredSchema = z.object({ title: z.string(), detail: z.string() })

const configErrorSchema = z.object({ at: z.coerce.date(), message: z.string() })

/** mark `log/<source>` */
export function parseLogState(value: string | undefined): LogState | undefined {
  return parse(logStateSchema, value)
}

/** mark `discovered/<what>`: something that discovery has seen and nobody protects */
export function parseDiscovered(value: string): z.infer<typeof discoveredSchema> | undefined {
  return parse(discoveredSchema, value)
}

/** mark `config/error`: why the newest configuration file was not taken; absent when it was */
export function parseConfigError(value: string | undefined): z.infer<typeof configErrorSchema> | undefined {
  return parse(configErrorSchema, value)
}

function parse<T>(schema: z.ZodType<T>, value: string | undefined): T | undefined {
  if (value === undefined) return undefined
  try {
    const result = schema.safeParse(JSON.parse(value))
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}
