import type { ErrorDefinition } from './error-definition.ts'

/** What a server answers to requests that it does not fulfil. */
export const apiErrors = {
  REQUEST_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'the request is not what {route} takes: {reason}',
    hint: 'Compare it with the description at /api/v1/openapi.json.',
  },
  REQUEST_KEY_REUSED: {
    exitCode: 1,
    retryable: false,
    message: 'this Idempotency-Key was used for something else within the last day',
    hint: 'Use a new key for each thing that is wanted, and the same one only to ask for the same again.',
  },
  ROUTE_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is nothing at this address',
    hint: 'See what there is at /api/v1/openapi.json.',
  },
  METHOD_WRONG: {
    exitCode: 1,
    retryable: false,
    message: '{method} cannot be used here',
    hint: 'Use {allowed}.',
  },
  REQUEST_TOO_LARGE: {
    exitCode: 1,
    retryable: false,
    message: 'the request is larger than a server takes',
    hint: 'Send at most 1 MiB.',
  },
  MEDIA_TYPE_WRONG: {
    exitCode: 1,
    retryable: false,
    message: 'the body of the request is not of the right type',
    hint: 'Send JSON, with the header Content-Type: application/json.',
  },
  REQUEST_TOO_SLOW: {
    exitCode: 1,
    retryable: true,
    message: 'the request did not come to its end within {seconds} s',
    hint: 'Send it again; look for what slows it down on the way.',
  },
  SIGN_IN_NEEDED: {
    exitCode: 1,
    retryable: false,
    message: 'nobody has signed in',
    hint: 'Send a token with the header Authorization: Bearer, or sign in.',
  },
  NOT_ALLOWED: {
    exitCode: 1,
    retryable: false,
    message: '{name} may not do this: it needs the role {role}',
    hint: 'Ask somebody who has that role, or for a token with it.',
  },
  CALLER_LIMITED: {
    exitCode: 1,
    retryable: false,
    message: '{name} may see some sources only, and this is about all of them',
    hint: 'Use a token that is not limited to sources.',
  },
  PROOF_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no proof {id}',
    hint: 'Look at what there is at /api/v1/proofs.',
  },
  SERVER_FAULT: {
    exitCode: 1,
    retryable: false,
    message: 'the answer could not be given',
    hint: 'The log of the server says why; it is a mistake of the program.',
  },
} as const satisfies Record<string, ErrorDefinition>
