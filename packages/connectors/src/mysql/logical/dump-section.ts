export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const bytes of chunks) parts.push(Buffer.from(bytes))
  return Buffer.concat(parts).toString('utf8')
}

/** Each file begins with the session settings that its statements rely on, so that it can be loaded alone. */
export async function* withSettings(
  settings: string,
  chunks: AsyncIterable<Uint8Array>,
  done: (sizeBytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const head = Buffer.from(settings)
  if (head.length > 0) yield head
  let total = head.length
  for await (const bytes of chunks) {
    total += bytes.length
    yield bytes
  }
  done(total)
}
