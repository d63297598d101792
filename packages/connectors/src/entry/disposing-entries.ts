import type { Entry } from '@holdfast/core/entry'

/** However the reading ends, what the entries come from ends with it. */
export async function* disposingEntries(
  entries: AsyncIterable<Entry>,
  dispose: () => PromiseLike<void>,
): AsyncGenerator<Entry, void, undefined> {
  try {
    yield* entries
  } finally {
    await dispose()
  }
}
