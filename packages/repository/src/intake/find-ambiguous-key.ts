const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const [braceOpen, braceClose, bracketOpen, bracketClose] = [0x7b, 0x7d, 0x5b, 0x5d]

/** All that restic's own files name anything by. */
const plainKey = /^[a-z0-9_]+$/

/**
 * The first key that another program might read otherwise than we do; undefined when there is none. Go takes "Hostname" and
 * even "ho\u017ftname" for "hostname", merges what is named twice, and lets the last one win: so a file could say one thing to
 * whoever inspects it and another to restic. `json` is known to be JSON.
 * @see https://pkg.go.dev/encoding/json#Unmarshal
 */
export function findAmbiguousKey(json: Uint8Array): string | undefined {
  /** keys of the objects that lie around; undefined for lists */
  const around: (Set<string> | undefined)[] = []
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === braceOpen) around.push(new Set())
    else if (byte === bracketOpen) around.push(undefined)
    else if (byte === braceClose || byte === bracketClose) around.pop()
    if (byte !== quote) continue
    const end = endOfText(json, at)
    if (isKey(json, end)) {
      const key = Buffer.from(json.subarray(at + 1, end)).toString('utf8')
      const known = around.at(-1)
      if (!plainKey.test(key) || known?.has(key) === true) return key
      known?.add(key)
    }
    at = end
  }
  return undefined
}

/** Where the closing quote is. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}

/** Whether a colon follows, behind blanks. */
function isKey(json: Uint8Array, end: number): boolean {
  let at = end + 1
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++
  return json[at] === colon
}
