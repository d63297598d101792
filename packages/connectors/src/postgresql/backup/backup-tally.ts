import type { Context } from '@holdfast/core/context'
import type { BackupFinding } from './backup-manifest.ts'

const reportEveryBytes = 8 * 1024 * 1024
/** of one file; a file whose every page is damaged has 131 072 */
const mostFindingsPerFile = 20

/** What a running backup counts, and what it finds. */
export class BackupTally {
  readonly #ctx: Context
  readonly #findings: BackupFinding[] = []
  readonly #findingsPerFile = new Map<string, number>()
  #files = 0
  #bytes = 0
  #reportedBytes = 0
  #pagesChecked = 0
  #pagesBad = 0
  #totalBytes: number | undefined

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  get files(): number {
    return this.#files
  }

  get bytes(): number {
    return this.#bytes
  }

  get pagesChecked(): number {
    return this.#pagesChecked
  }

  get pagesBad(): number {
    return this.#pagesBad
  }

  get findings(): readonly BackupFinding[] {
    const more = [...this.#findingsPerFile].flatMap(([path, count]) =>
      count > mostFindingsPerFile
        ? [{ path, message: `${count - mostFindingsPerFile} more blocks of this file are damaged` }]
        : [],
    )
    return [...this.#findings, ...more]
  }

  /** an estimate, for progress */
  expect(totalBytes: number): void {
    this.#totalBytes = totalBytes
    this.#report()
  }

  addFile(): void {
    this.#files++
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes - this.#reportedBytes >= reportEveryBytes) this.#report()
  }

  addPages(checked: number): void {
    this.#pagesChecked += checked
  }

  /** A damaged page; counted always, listed while its file has not too many. */
  addBadPage(finding: BackupFinding): void {
    this.#pagesBad++
    const count = (this.#findingsPerFile.get(finding.path) ?? 0) + 1
    this.#findingsPerFile.set(finding.path, count)
    if (count <= mostFindingsPerFile) this.addFinding(finding)
  }

  addFinding(finding: BackupFinding): void {
    this.#findings.push(finding)
    const of = finding.relation === undefined ? finding.path : `${finding.relation} (${finding.path})`
    this.#ctx.emit({ type: 'message.noted', level: 'warning', message: `${of}: ${finding.message}` })
  }

  finish(): void {
    this.#report()
  }

  #report(): void {
    this.#reportedBytes = this.#bytes
    this.#ctx.emit({
      type: 'work.progressed',
      work: 'backup',
      unit: 'files',
      done: this.#files,
      bytesDone: this.#bytes,
      ...(this.#totalBytes === undefined ? {} : { totalBytes: Math.max(this.#totalBytes, this.#bytes) }),
    })
  }
}
