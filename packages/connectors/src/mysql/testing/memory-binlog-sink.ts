import { setTimeout as pause } from 'node:timers/promises'
import type { BinlogSink, BinlogSlice } from '../binlog/binlog-sink.ts'
import type { TestServer } from './test-server.ts'

/** For tests: a log in memory. */
export class MemorySink implements BinlogSink {
  readonly slices: BinlogSlice[] = []
  grown: BinlogSlice | undefined

  async resumeAt() {
    if (this.grown !== undefined) this.slices.push(this.grown)
    this.grown = undefined
    return this.slices.at(-1)?.facts
  }
  async slice(slice: BinlogSlice) {
    this.slices.push(slice)
    this.grown = undefined
  }
  async tip({ bytes, facts }: BinlogSlice) {
    this.grown = { bytes: Buffer.from(bytes), facts }
  }
  async flush() {}

  all(): BinlogSlice[] {
    return this.grown === undefined ? this.slices : [...this.slices, this.grown]
  }
  content(file: string, generation = 1): Buffer {
    const own = this.all().filter(({ facts }) => facts.file === file && facts.generation === generation)
    return Buffer.concat(own.map(({ bytes }) => bytes))
  }
  /** until everything up to where the server writes now is durable */
  async reached(server: TestServer): Promise<void> {
    const [[version] = []] = await server.sql('SELECT VERSION()')
    const isMariadb = version?.includes('MariaDB') === true
    const [[file = '', position = ''] = []] = await server.sql(`SHOW ${isMariadb ? 'MASTER' : 'BINARY LOG'} STATUS`)
    for (const untilMs = Date.now() + 120_000; Date.now() < untilMs; await pause(20)) {
      const facts = this.grown?.facts
      if (facts?.file === file && facts.endPosition >= Number(position)) return
    }
    throw new Error(`the follower does not reach ${file}:${position}`)
  }
}
