/**
 * Begins to read at once and keeps what comes until it is asked for, at most about `limitBytes`. A failure is thrown in its
 * turn. Aborting `signal` ends the reading; what the source waits for must end by that, too.
 */
export function readAhead(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const waiting: Uint8Array[] = []
  const state = { bytes: 0, isOver: false, failure: undefined as { readonly error: unknown } | undefined }
  let wakeReader = (): void => {}
  let wakePump = (): void => {}
  const pump = async (): Promise<void> => {
    try {
      for await (const bytes of source) {
        waiting.push(bytes)
        state.bytes += bytes.length
        wakeReader()
        while (state.bytes >= limitBytes && !signal.aborted) await new Promise<void>((resolve) => (wakePump = resolve))
        if (signal.aborted) break
      }
    } catch (error) {
      state.failure = { error }
    }
    if (signal.aborted) state.failure ??= { error: signal.reason }
    state.isOver = true
    signal.removeEventListener('abort', onAbort)
    wakeReader()
  }
  const onAbort = (): void => wakePump()
  signal.addEventListener('abort', onAbort, { once: true })
  void pump()
  return (async function* read() {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) {
        state.bytes -= next.length
        wakePump()
        yield next
      } else if (!state.isOver) await new Promise<void>((resolve) => (wakeReader = resolve))
      else if (state.failure !== undefined) throw state.failure.error
      else return
    }
  })()
}
