const keptAtEachEnd = 200
const longestLine = 2000

/** What a program says on its standard error: the first lines, which tell the cause, and the newest. Bounded. */
export class DiagnosticLines {
  readonly #first: string[] = []
  #newest: string[] = []
  #rest = ''

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) this.#keep(line)
  }

  lines(): readonly string[] {
    return [...this.#first, ...this.#newest, ...(this.#rest === '' ? [] : [this.#rest])]
  }

  #keep(line: string): void {
    if (line.trim() === '') return
    const short = line.slice(0, longestLine)
    if (this.#first.length < keptAtEachEnd) this.#first.push(short)
    else this.#newest = [...this.#newest.slice(1 - keptAtEachEnd), short]
  }
}
