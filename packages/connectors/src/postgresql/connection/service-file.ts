import { readFileSync } from 'node:fs'
import { invalid, type Settings } from './connection-text.ts'

/**
 * The settings of a service from the first of the files that has it ("[name]" and lines "key=value" below). Fails with
 * POSTGRES_TARGET_INVALID when none has.
 */
export function readService(name: string, files: readonly string[]): Settings {
  for (const file of files) {
    const text = readIfThere(file)
    const settings = text === undefined ? undefined : findService(text, name, file)
    if (settings !== undefined) return settings
  }
  throw invalid(`there is no service ${name}`, `a section [${name}] is looked for in ${files.join(' and ')}`)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw invalid(`the service file ${file} cannot be read`, 'check its permissions')
  }
}

function findService(text: string, name: string, file: string): Settings | undefined {
  let settings: Map<string, string> | undefined
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      if (settings !== undefined) break
      if (line === `[${name}]`) settings = new Map()
    } else if (settings !== undefined) {
      const equals = line.indexOf('=')
      const key = line.slice(0, Math.max(0, equals)).trim()
      if (key === '') throw invalid(`line ${at + 1} of ${file} is no key=value pair`)
      if (key === 'service') throw invalid(`line ${at + 1} of ${file} names another service, which is not possible`)
      // Like psql, the first of two equal keys counts.
      if (!settings.has(key)) settings.set(key, line.slice(equals + 1).trim())
    }
  }
  return settings
}
