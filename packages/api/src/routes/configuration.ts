import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { settingsSchema } from '../view/settings.ts'

const problemSchema = z.strictObject({
  severity: z.enum(['error', 'warning']),
  path: z.string().describe('Of the value: "sources.shop.tier"; empty for the whole.'),
  message: z.string(),
  suggestion: z.string().optional().describe('What may have been meant.'),
  file: z.string().optional(),
  line: z.number().optional().describe('From 1.'),
  column: z.number().optional().describe('From 1.'),
})

export const configurationRoutes = {
  'configuration.get': defineRoute({
    name: 'configuration.get',
    method: 'GET',
    path: '/api/v1/configuration',
    summary: 'Show the whole effective configuration',
    description: 'What `holdfast config show` prints: defaults and tiers put together, secrets as references.',
    role: 'operator',
    reply: {
      kind: 'json',
      schema: z.strictObject({
        file: z.string(),
        files: z.array(z.string()).describe('All that were read; a change of any is a reason to read again.'),
        digest: z.string(),
        warnings: z.array(z.string()),
        settings: settingsSchema,
      }),
    },
  }),
  'configuration.check': defineRoute({
    name: 'configuration.check',
    method: 'POST',
    path: '/api/v1/configuration/check',
    summary: 'Check a text as if it were the configuration file',
    description:
      'Nothing is stored. It may include the files that the one in force includes, and use the variables that it uses. Commands that print secrets are not started.',
    role: 'admin',
    act: 'configuration.check',
    body: z.strictObject({ yaml: z.string().max(1 << 20) }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ isValid: z.boolean(), problems: z.array(problemSchema) }),
    },
  }),
  'configuration.reload': defineRoute({
    name: 'configuration.reload',
    method: 'POST',
    path: '/api/v1/configuration/reload',
    summary: 'Read the configuration file again',
    description: 'The server that is asked does so; others see by themselves that their file was touched.',
    role: 'admin',
    act: 'configuration.reload',
    reply: {
      kind: 'json',
      schema: z.strictObject({ outcome: z.enum(['changed', 'unchanged']), digest: z.string() }),
    },
  }),
}
