/** What a mark holds, when that is a JSON object; fields are read one by one, and what is of another kind is not there. */
export interface MarkFields {
  text(name: string): string | undefined
  number(name: string): number | undefined
  /** ISO 8601 */
  date(name: string): Date | undefined
  object(name: string): MarkFields | undefined
  value(name: string): unknown
}

/**
 * Undefined for what is no JSON object: a mark is never worth a crash. Written by hand because a server that idles should
 * not hold a library of schemas for it.
 */
export function parseMarkFields(text: string | undefined): MarkFields | undefined {
  try {
    return fieldsOf(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): MarkFields | undefined {
  if (!isRecord(value)) return undefined
  const dateOf = (field: unknown): Date | undefined => {
    const date = typeof field === 'string' ? new Date(field) : undefined
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date
  }
  return {
    text: (name) => (typeof value[name] === 'string' ? value[name] : undefined),
    number: (name) => (typeof value[name] === 'number' ? value[name] : undefined),
    date: (name) => dateOf(value[name]),
    object: (name) => fieldsOf(value[name]),
    value: (name) => value[name],
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
