import type { ErrorDefinition } from './error-definition.ts'

/** Who may do what, and how they say who they are. */
export const accessErrors = {
  SIGN_IN_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'name and password do not belong together',
    hint: 'Try again; an admin sets another password with `holdfast user password`.',
  },
  CREDENTIAL_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'the token or session is unknown or over',
    hint: 'Sign in again, or make another token with `holdfast token add`.',
  },
  PERSON_NEEDED: {
    exitCode: 1,
    retryable: false,
    message: '{name} is no person, and only people who have signed in may do this',
    hint: 'Sign in with name and password, or do it with the command line on the server.',
  },
  REQUEST_FOREIGN: {
    exitCode: 1,
    retryable: false,
    message: 'the request comes from another site: {reason}',
    hint: 'Use the address under which the server is reached; behind a proxy, let it pass on Host or X-Forwarded-Host and set `server.behindProxy: true`.',
  },
  REQUESTS_TOO_MANY: {
    exitCode: 1,
    retryable: true,
    message: 'too many requests: {what}',
    hint: 'Wait {seconds} s and try again.',
  },
  USER_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no user {user}',
    hint: 'Look at `holdfast user list`.',
  },
  USER_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: 'there is a user {user} already',
    hint: 'Choose another name, or change that one with `holdfast user role` or `holdfast user password`.',
  },
  USER_SIGNS_IN_ELSEWHERE: {
    exitCode: 1,
    retryable: false,
    message: 'user {user} signs in through the provider of identities and has no password here',
    hint: 'Change the password there.',
  },
  ADMIN_NEEDED: {
    exitCode: 1,
    retryable: false,
    message: '{user} is the only admin',
    hint: 'Make somebody else an admin before, with `holdfast user add --role admin` or `holdfast user role`.',
  },
  PASSWORD_UNFIT: {
    exitCode: 1,
    retryable: false,
    message: 'this password is not taken: {reason}',
    hint: 'Take one of 12 characters or more that is not made of the name, such as four words by chance.',
  },
  USER_PASSWORD_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'no password for user {user}',
    hint: 'Run it in a terminal, or set HOLDFAST_USER_PASSWORD or HOLDFAST_USER_PASSWORD_FILE.',
  },
  ACCESS_NAME_INVALID: {
    exitCode: 1,
    retryable: false,
    message: '{name} cannot be a name',
    hint: 'Use 1 to 63 letters a to z, digits, dots, dashes, underscores, @ and +, beginning with a letter or digit.',
  },
  TOKEN_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no token {token}',
    hint: 'Look at `holdfast token list`.',
  },
  TOKEN_EXISTS: {
    exitCode: 1,
    retryable: false,
    message: 'there is a token {token} already',
    hint: 'Choose another name, or revoke that one with `holdfast token revoke`.',
  },
  AUDIT_BROKEN: {
    exitCode: 1,
    retryable: false,
    message: 'the audit log was tampered with: row {sequence} {reason}',
    hint: 'Trust no row from there on; compare with a copy of the catalogue, and find out who can write to its database.',
  },
  SERVER_OPEN_TO_NETWORK: {
    exitCode: 1,
    retryable: false,
    message: '{address} can be reached from other machines, and nothing would keep what is said there secret',
    hint: 'Set `server.tls` with a certificate, or `server.behindProxy: true` behind a proxy that has one, or listen on 127.0.0.1.',
  },
  TLS_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'certificate {certificate} and key {key} cannot be used: {reason}',
    hint: 'Name a PEM file with the certificate and those it was signed with, and the PEM file of its key, in `server.tls`; this process must be able to read both.',
  },
  PROVIDER_UNUSABLE: {
    exitCode: 1,
    retryable: true,
    message: 'the provider of identities {issuer} cannot be used: {reason}',
    hint: 'Check `server.oidc` and that this server reaches the provider.',
  },
  PROVIDER_SIGN_IN_FAILED: {
    exitCode: 1,
    retryable: false,
    message: 'signing in through the provider of identities did not work: {reason}',
    hint: 'Begin again at the page of the server.',
  },
  PROVIDER_USER_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'the provider of identities knows {user}, but nothing gives this user a role here',
    hint: 'Let an admin put the user into a group that `server.oidc.roles` names.',
  },
} as const satisfies Record<string, ErrorDefinition>
