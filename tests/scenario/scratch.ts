import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary directory that goes with its last user. */
export interface Scratch extends Disposable {
  readonly path: string
  /** a path in it that was not given out before; nothing is made there */
  place(name?: string): string
}

export function openScratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-scenario-'))
  let places = 0
  return {
    path,
    place: (name = 'place') => join(path, `${name}-${++places}`),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
