import type { ErrorDefinition } from './error-definition.ts'

/** What the gateway to repositories refuses; its clients see the HTTP status, the server's log the whole. */
export const gatewayErrors = {
  GATEWAY_UNKNOWN_AGENT: {
    exitCode: 1,
    retryable: false,
    message: 'the gateway does not know who asks',
    hint: 'Give the name of the agent as the user name and its own secret as the password.',
  },
  GATEWAY_DENIED: {
    exitCode: 1,
    retryable: false,
    message: 'agent {agent} may not {action}',
    hint: 'Look at `agents.{agent}.gateway` and the repositories of its sources; if nobody of yours has tried this, remove the agent and enrol it again.',
  },
  GATEWAY_FILE_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: '{file} of agent {agent} was refused: {reason}',
    hint: 'Check the clock and the version of the agent; if both are right, take its host for hijacked.',
  },
  GATEWAY_LIMIT_REACHED: {
    exitCode: 1,
    retryable: false,
    message: 'agent {agent} may not store more than {limit} in a day',
    hint: 'Look at what it stores; if that is as it should be, raise `agents.{agent}.storesPerDay`.',
  },
  GATEWAY_UPLOAD_DAMAGED: {
    exitCode: 1,
    retryable: true,
    message: '{file} of agent {agent} did not arrive whole: {reason}',
    hint: 'Send it again.',
  },
  GATEWAY_BUSY: {
    exitCode: 1,
    retryable: true,
    message: 'agent {agent} asks for too much at once',
    hint: 'Use fewer connections, or wait a moment.',
  },
} as const satisfies Record<string, ErrorDefinition>
