import { invalidArgument } from '../argument/option.ts'

/** Names of sources become parts of paths and tags. Fails with ARGUMENT_INVALID. */
export function readSourceName(raw: string, label: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u.test(raw)) return raw
  throw invalidArgument(label, raw, 'it takes up to 63 letters, digits, dots, dashes and underscores')
}
