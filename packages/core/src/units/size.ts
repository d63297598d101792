import { AppError } from '../errors/app-error.ts'

const letters = 'KMGTP'

/**
 * Reads a size such as `512`, `512B`, `10K`, `10KiB`, `16M`, `1G`, `2TiB` and returns bytes. Units are powers of 1024,
 * as in restic; upper or lower case. `KB`, `MB`… are refused because half of the world means powers of 1000 by them.
 * `name` is the option or setting, for the error. Fails with ARGUMENT_INVALID.
 */
export function parseSizeBytes(text: string, name: string): number {
  const match = /^(\d+)(?:b|([kmgtp])(ib|b)?)?$/i.exec(text.trim())
  if (match === null) throw invalid(name, text, 'write a whole number with an optional unit K, M, G or T, such as 16M')
  const [, digits, letter = '', suffix = ''] = match
  if (suffix.length === 1) {
    const unit = letter.toUpperCase()
    throw invalid(name, text, `write ${digits}${unit} or ${digits}${unit}iB; units are powers of 1024`)
  }
  const power = letter === '' ? 0 : letters.indexOf(letter.toUpperCase()) + 1
  const sizeBytes = Number(digits) * 1024 ** power
  if (!Number.isSafeInteger(sizeBytes)) throw invalid(name, text, 'it is too large')
  return sizeBytes
}

/** For people: "17 B", "1.234 GiB". */
export function formatSize(sizeBytes: number): string {
  if (Math.abs(sizeBytes) < 1024) return `${sizeBytes} B`
  let value = sizeBytes
  let unit = ''
  for (const letter of letters) {
    if (Math.abs(value) < 1023.9995) break
    value /= 1024
    unit = letter
  }
  return `${value.toFixed(3)} ${unit}iB`
}

function invalid(name: string, text: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(text), reason })
}
