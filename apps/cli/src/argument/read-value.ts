import { invalidArgument } from './option.ts'

/** A whole number of at least `minimum`. */
export function readWhole(minimum = 0): (raw: string, label: string) => number {
  return (raw, label) => {
    const value = Number(raw)
    if (!/^-?\d+$/.test(raw) || !Number.isSafeInteger(value) || value < minimum) {
      throw invalidArgument(label, raw, `it must be a whole number of at least ${minimum}`)
    }
    return value
  }
}

/** A date with an optional time of day, in local time: "2026-01-31", "2026-01-31 22:08", "2026-01-31 22:08:41", or RFC 3339. */
export function readInstant(raw: string, label: string): Date {
  const looksRight = /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(raw)
  const instant = new Date(raw.includes(':') ? raw.replace(' ', 'T') : `${raw}T00:00:00`)
  if (!looksRight || Number.isNaN(instant.getTime())) {
    throw invalidArgument(label, raw, "a time looks like '2026-01-31 22:08:41'")
  }
  return instant
}

/** "a,b" → ["a", "b"]; an empty text is the empty list. */
export function readWords(raw: string): string[] {
  return raw === '' ? [] : raw.split(',').map((word) => word.trim())
}

/** "key=value" */
export function readAssignment(raw: string, label: string): readonly [key: string, value: string] {
  const at = raw.indexOf('=')
  if (at < 1) throw invalidArgument(label, raw, 'it must have the form key=value')
  return [raw.slice(0, at).trim().toLowerCase(), raw.slice(at + 1).trim()]
}
