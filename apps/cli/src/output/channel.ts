/** Where text and bytes go; Node's streams are such. */
export interface Channel {
  write(content: string | Uint8Array, done?: (error?: Error | null) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Text that is written in larger pieces: a listing of a million files must not cost a million system calls. */
export interface HeldBack {
  add(text: string): void
  flush(): void
}

const mostCharacters = 1 << 16

export function holdBack(channel: Channel): HeldBack {
  let held = ''
  let scheduled = false
  const flush = () => {
    const text = held
    held = ''
    if (text !== '') channel.write(text)
  }
  return {
    flush,
    add(text) {
      held += text
      if (held.length >= mostCharacters) flush()
      if (scheduled) return
      scheduled = true
      setImmediate(() => {
        scheduled = false
        flush()
      })
    },
  }
}
