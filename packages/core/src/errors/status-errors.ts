import type { ErrorDefinition } from './error-definition.ts'

/** What goes wrong with status and reports. */
export const statusErrors = {
  REPORT_UNWRITABLE: {
    exitCode: 1,
    retryable: false,
    message: 'cannot write the report to {path}: {reason}',
    hint: 'Name a file in a directory that exists and that you may write to, with --output.',
  },
} as const satisfies Record<string, ErrorDefinition>
