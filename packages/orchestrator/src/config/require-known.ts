import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'

const mostNamed = 10

/** What has this name. Fails with SOURCE_UNKNOWN, naming the nearest, or some of those that there are. */
export function requireKnown<Value>(
  kind: 'source' | 'repository' | 'application' | 'tier',
  name: string,
  known: ReadonlyMap<string, Value>,
): Value {
  const found = known.get(name)
  if (found !== undefined) return found
  const nearest = nearestName(name, known.keys())
  throw new AppError('SOURCE_UNKNOWN', {
    kind,
    name,
    suggestion: nearest === undefined ? listed([...known.keys()]) : `Did you mean ${nearest}?`,
  })
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'There are none.'
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return `There are: ${names.slice(0, mostNamed).join(', ')}${more}.`
}
