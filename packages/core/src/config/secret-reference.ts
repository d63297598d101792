/**
 * Where a secret is, never the secret itself: what may be printed, logged and stored. Resolved at the moment of use
 * (`resolve-secret.ts` of the orchestrator), so that a rotated one needs no restart. `text` is for values that are
 * allowed to be no secret (a connection without a password).
 */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] }
  | { readonly text: string }
