import type { MysqlWorkload, PostgresWorkload, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Machine } from '../operation/machine.ts'
import { messageOf } from '../operation/operation-report.ts'
import { afterEvent, type FollowState, readFollowState, withoutClosedGap } from './follow-state.ts'
import { readHold } from './read-hold.ts'

export interface SupervisedLogs {
  readonly catalogue: Catalogue
  readonly machine: Machine
  /** of this process, unique: "web-1:4711" */
  readonly worker: string
  /** A gap was noticed: only a new base backup makes later instants recoverable. Asked once for each gap. */
  requestBackup(source: SourceSettings, gapAt: Date): Promise<void>
}

export type FollowedSource = SourceSettings & { readonly workload: PostgresWorkload | MysqlWorkload }

const writeEveryMs = 5_000
const lookEveryMs = 60_000

/** Writes down how the following goes: at once what is new, the ordinary progress now and then. */
export class FollowRecorder {
  readonly #source: FollowedSource
  readonly #given: SupervisedLogs
  readonly #ctx: Context
  #state: FollowState
  #written = ''
  #writtenMs = 0
  #lookedMs = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(source: FollowedSource, given: SupervisedLogs, ctx: Context) {
    this.#source = source
    this.#given = given
    this.#ctx = ctx
    this.#state = { at: ctx.now().toISOString() }
  }

  get #key(): string {
    return `log/${this.#source.name}`
  }

  /** Goes on from what an earlier process wrote: a gap outlives it. */
  async begin(): Promise<void> {
    const { error: _passed, ...earlier } =
      readFollowState(await this.#given.catalogue.marks.get(this.#key)) ?? this.#state
    this.#state = earlier
  }

  take(event: Parameters<Context['emit']>[0]): void {
    this.#ctx.emit(event)
    const before = this.#state
    this.#state = afterEvent(before, event, this.#ctx.now())
    if (this.#state === before) return
    const { gap } = this.#state
    if (gap !== undefined && gap.at !== before.gap?.at) {
      void this.#given.requestBackup(this.#source, new Date(gap.at)).catch(() => {})
    }
    const isNews = this.#state.gap?.at !== before.gap?.at || this.#state.error?.message !== before.error?.message
    if (isNews || this.#ctx.now().getTime() - this.#writtenMs >= writeEveryMs) void this.flush()
  }

  async fail(error: unknown): Promise<void> {
    const { code, hint } = isAppError(error)
      ? error
      : { code: 'UNEXPECTED', hint: 'Report it: this is a mistake of the program.' }
    this.#state = {
      ...this.#state,
      at: this.#ctx.now().toISOString(),
      error: { code, message: messageOf(error), hint },
    }
    const message = `the log of ${this.#source.name} is not followed: ${messageOf(error)}`
    this.#ctx.emit({ type: 'message.noted', level: 'warning', message })
    await this.flush()
  }

  /** How the server keeps its log once a minute, and whether a gap has been closed. */
  async look(ctx: Context): Promise<void> {
    const nowMs = ctx.now().getTime()
    if (this.#state.gap !== undefined) await this.#closeGap().catch(() => {})
    if (nowMs - this.#lookedMs < lookEveryMs) return
    this.#lookedMs = nowMs
    try {
      const hold = await readHold(this.#source.workload, this.#given.machine, ctx)
      this.#state = { ...withoutExpiry(this.#state), ...hold }
    } catch {
      // a server that is away is told by the follower
    }
    await this.flush()
  }

  async #closeGap(): Promise<void> {
    const held = await this.#given.catalogue.snapshots.list({ source: this.#source.name })
    const newestMs = Math.max(...held.map(({ time }) => time.getTime()))
    const after = withoutClosedGap(this.#state, Number.isFinite(newestMs) ? new Date(newestMs) : undefined)
    if (after === this.#state) return
    this.#state = after
    await this.flush()
  }

  /** One write at a time; the newest state counts. */
  async flush(): Promise<void> {
    this.#writtenMs = this.#ctx.now().getTime()
    const write = async (): Promise<void> => {
      const text = JSON.stringify(this.#state)
      if (text === this.#written) return
      await this.#given.catalogue.marks.set(this.#key, text)
      this.#written = text
    }
    this.#writing = this.#writing.then(write, write).catch(() => {})
    await this.#writing
  }
}

/** It may have been taken away since. */
function withoutExpiry({ expiryMs: _earlier, ...rest }: FollowState): FollowState {
  return rest
}
