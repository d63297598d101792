import { z } from 'zod'

/** In the words of the configuration file; secrets as references. */
export const settingsSchema = z.record(z.string(), z.json())
