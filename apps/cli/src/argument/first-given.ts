import { longName } from './option.ts'

/** The first of the named options that was given, as it is typed; undefined when none was. */
export function firstGiven<Name extends string>(
  values: Readonly<Record<Name, unknown>>,
  names: readonly Name[],
): string | undefined {
  const given = names.find((name) => {
    const value = values[name]
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false
  })
  return given === undefined ? undefined : longName(given)
}
