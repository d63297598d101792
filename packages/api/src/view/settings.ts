import { z } from 'zod'

export const settingsSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Settings', description: 'In the words of the configuration file; secrets as references.' })
