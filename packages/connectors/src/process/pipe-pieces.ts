import type { Readable } from 'node:stream'

/** what is read before it is asked for, at most about so much */
const aheadBytesAtMost = 256 << 10

/**
 * What comes through a pipe, in pieces as they are read. Other than by the stream's own iterator nothing is put together,
 * which would copy all of it once more and double the garbage. To be called as soon as the pipe is there: Node throws away
 * what nobody listens for when its program has ended. Fails as the pipe does; stopping early closes it.
 *
 * @param areLent each piece is freed when the next one is asked for: whoever wants to keep it copies it, and finds it empty if he
 *   does not. Thousands of buffers that wait for a collection of garbage make collections come often.
 */
export function readPieces(
  pipe: Readable,
  { areLent = false }: { readonly areLent?: boolean } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const waiting: Uint8Array[] = []
  const state = { bytes: 0, isOver: false, failure: undefined as Error | undefined }
  let wake = (): void => {}
  const over = (): void => {
    state.isOver = true
    wake()
  }
  pipe
    .pause()
    .on('data', (piece: Uint8Array) => {
      waiting.push(piece)
      state.bytes += piece.length
      if (state.bytes >= aheadBytesAtMost) pipe.pause()
      wake()
    })
    .on('error', (error) => (state.failure = error))
    .on('end', over)
    .on('close', over)
  return (async function* pieces() {
    try {
      for (;;) {
        const piece = waiting.shift()
        if (piece !== undefined) {
          state.bytes -= piece.length
          yield piece
          if (areLent) free(piece)
        } else if (!state.isOver) {
          const news = new Promise<void>((resolve) => (wake = resolve))
          pipe.resume()
          await news
        } else if (state.failure !== undefined) throw state.failure
        else return
      }
    } finally {
      pipe.destroy()
    }
  })()
}

/** A view of something larger stays as it is. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
