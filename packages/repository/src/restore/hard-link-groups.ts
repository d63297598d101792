import type { HardLinkFound, RestoreJob } from './restore-protocol.ts'

interface Candidate {
  readonly worker: number
  readonly file: number
}

interface Group {
  /** where the content was restored */
  source?: string
  /** being restored, or tried first */
  first: Candidate
  readonly others: Candidate[]
}

/**
 * Which files are one file under several names. The first of a group is restored like any other; when everything is
 * there, the others become links to it. If the first cannot be restored or is left alone, the next takes its place.
 */
export class HardLinkGroups {
  readonly #groups = new Map<string, Group>()
  readonly #byFirst = new Map<string, Group>()
  /** first ones that are not restored yet, by worker */
  readonly #firsts = new Map<number, number[]>()

  add({ group: name, file }: HardLinkFound, worker: number): void {
    const group = this.#groups.get(name)
    if (group !== undefined) {
      group.others.push({ worker, file })
      return
    }
    const created: Group = { first: { worker, file }, others: [] }
    this.#groups.set(name, created)
    this.#try(created)
  }

  #try(group: Group): void {
    const { worker, file } = group.first
    this.#byFirst.set(`${worker}:${file}`, group)
    const list = this.#firsts.get(worker)
    if (list === undefined) this.#firsts.set(worker, [file])
    else list.push(file)
  }

  restored(worker: number, file: number, path: string): void {
    const group = this.#byFirst.get(`${worker}:${file}`)
    if (group !== undefined) group.source = path
  }

  /** Files of this worker that are to be restored now. */
  takeFirsts(worker: number, atMost: number): readonly number[] {
    return this.#firsts.get(worker)?.splice(0, atMost) ?? []
  }

  /** When all work is done: lets the next of every group without a source try; false when there is none. */
  retry(): boolean {
    let again = false
    for (const group of this.#groups.values()) {
      if (group.source !== undefined) continue
      const next = group.others.shift()
      if (next === undefined) continue
      group.first = next
      this.#try(group)
      again = true
    }
    return again
  }

  /** The links to be made, by worker, once every group has its source. */
  linkJobs(atMost: number): Map<number, RestoreJob[]> {
    const links = new Map<number, { file: number; source: string }[]>()
    for (const { source, others } of this.#groups.values()) {
      if (source === undefined) continue
      for (const { worker, file } of others) {
        const list = links.get(worker) ?? []
        links.set(worker, list)
        list.push({ file, source })
      }
    }
    const jobs = new Map<number, RestoreJob[]>()
    for (const [worker, list] of links) {
      const batches: RestoreJob[] = []
      for (let at = 0; at < list.length; at += atMost)
        batches.push({ type: 'links', links: list.slice(at, at + atMost) })
      jobs.set(worker, batches)
    }
    return jobs
  }
}
