/** One message of a stream of events, as it was sent. */
export interface StreamedMessage {
  /** undefined: none was sent with or before it */
  readonly id: string | undefined
  readonly data: string
}

/**
 * Reads server-sent events. Comments are left out, as are messages without data.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* readEventStream(bytes: ReadableStream<Uint8Array>): AsyncGenerator<StreamedMessage> {
  let id: string | undefined
  let data: string[] = []
  for await (const line of linesOf(bytes)) {
    if (line === '') {
      if (data.length > 0) yield { id, data: data.join('\n') }
      data = []
      continue
    }
    const [field, value] = fieldOf(line)
    if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)]
}

/** Lines end with LF, CR or both. What is left without an end is no line: it was cut off. */
async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true })
    // a CR at the end may be half of a CR LF
    const isOpen = rest.endsWith('\r')
    const lines = (isOpen ? rest.slice(0, -1) : rest).split(/\r\n|\r|\n/)
    rest = (lines.pop() ?? '') + (isOpen ? '\r' : '')
    yield* lines
  }
}
