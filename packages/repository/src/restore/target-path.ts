import { bytesOfText } from '../filter/byte-text.ts'

/*
 * Paths are handled as "byte text" (see filter/byte-text.ts): one character a byte. It posts between threads cheaply, and
 * for ASCII, which is nearly always, it is what the system calls take.
 */

// oxlint-disable-next-line no-control-regex -- the whole ASCII range is meant
const notAscii = /[^\x00-\x7f]/

/** In the form that Node's file system calls and the filters take. */
export function systemPath(path: string): string | Buffer {
  return notAscii.test(path) ? bytesOfText(path) : path
}

export function childPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

/** For people; what is not UTF-8 becomes U+FFFD. */
export function shownPath(path: string): string {
  return notAscii.test(path) ? bytesOfText(path).toString('utf8') : path
}
