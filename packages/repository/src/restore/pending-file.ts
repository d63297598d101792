import type { Node } from '../format/node.ts'

/** A file that is to be restored. */
export interface PendingFile {
  readonly node: Node
  readonly path: string
  /** something may be there already */
  readonly mayExist: boolean
  /** new files in its directory inherit attributes that the snapshot does not hold */
  readonly inheritsAcl: boolean
}

/** Files that a worker keeps for later jobs, under the numbers by which the scheduler knows them. */
export class PendingFiles {
  readonly #files = new Map<number, PendingFile>()
  readonly #numbers = new Map<PendingFile, number>()
  #last = 0

  add(file: PendingFile): number {
    this.#files.set(++this.#last, file)
    this.#numbers.set(file, this.#last)
    return this.#last
  }

  /** An unknown number is a bug of the scheduler. */
  get(number: number): PendingFile {
    const file = this.#files.get(number)
    if (file === undefined) throw new Error(`file ${number} is not pending`)
    return file
  }

  numberOf(file: PendingFile): number {
    const number = this.#numbers.get(file)
    if (number === undefined) throw new Error(`${file.path} is not pending`)
    return number
  }

  take(number: number): PendingFile {
    const file = this.get(number)
    this.#files.delete(number)
    this.#numbers.delete(file)
    return file
  }
}
