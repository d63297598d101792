/**
 * Every error a user can meet, defined once: a stable code, the exit code of the CLI (restic's numbers), whether a
 * later attempt can succeed without anyone acting, a message and a hint. Placeholders in braces are filled from the
 * error's details; a missing one is a compile error. Messages are lower case without a full stop and name the object;
 * hints are imperative and name a command or a setting.
 */
export interface ErrorDefinition {
  /** 1 fatal, 3 partial, 10 no repository, 11 locked, 12 wrong password, 130 interrupted */
  readonly exitCode: number
  readonly retryable: boolean
  readonly message: string
  readonly hint: string
}
