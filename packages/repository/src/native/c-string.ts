import { constants } from 'node:os'
import { systemError } from './libc.ts'

/**
 * Writes a path or name into native memory as C wants it, ended by a zero byte. Throws ENAMETOOLONG when it does not
 * fit and EINVAL when it holds a zero byte, as the file system would.
 */
export function writeCString(target: Buffer, text: string | Uint8Array, syscall: string): void {
  const last = target.length - 1
  let length: number
  if (typeof text === 'string') {
    // utf8 takes up to three bytes a code unit; a string that is near the limit is measured first.
    if (text.length * 3 > last && Buffer.byteLength(text) > last) {
      throw systemError(constants.errno.ENAMETOOLONG, syscall, text)
    }
    length = target.write(text, 0, last, 'utf8')
  } else {
    if (text.length > last) throw systemError(constants.errno.ENAMETOOLONG, syscall, text)
    target.set(text, 0)
    length = text.length
  }
  if (typeof text === 'string' ? text.includes('\0') : text.includes(0))
    throw systemError(constants.errno.EINVAL, syscall, text)
  target[length] = 0
}
