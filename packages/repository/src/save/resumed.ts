/** A stream whose beginning has been read already. */
export async function* resumed(
  beginning: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* beginning
    yield* rest
  } finally {
    await rest.return()
  }
}
