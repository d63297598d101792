import type { Event } from '@holdfast/core/events/event'
import { formatSize } from '@holdfast/core/units/size'
import type { Channel, HeldBack } from './channel.ts'
import { jsonMessage } from './json-event.ts'
import type { OutputSettings } from './output.ts'
import { printable } from './printable.ts'
import { type Progress, progressOf } from './progress.ts'
import { createProgressArea } from './progress-area.ts'
import { createRate } from './rate.ts'
import { type Pace, progressFigures, renderProgress } from './render-progress.ts'

export interface EventSink {
  emit(event: Event): void
  /** Takes the progress display off the terminal for other text, after which no progress from before it is shown. */
  clear(): void
  close(): void
}

const terminalIntervalMs = 100
const jsonIntervalMs = 1000
const plainIntervalMs = 10_000

/**
 * Shows events: a display that is redrawn in place on a terminal, a line now and then elsewhere, messages in JSON mode.
 * Progress goes to stdout when that is a terminal, otherwise to stderr, so that a piped result stays clean; JSON messages
 * go to stdout, except errors.
 */
export function createEventSink(settings: OutputSettings, held: HeldBack): EventSink {
  const { json, quiet, stdout, stderr } = settings
  const channel = stdout.isTTY === true ? stdout : stderr
  const interactive = channel.isTTY === true && !json
  const area = createProgressArea(channel)
  const startedAtMs = settings.nowMs()
  const rate = createRate()
  let latest: ProgressEvent | undefined
  let timer: NodeJS.Timeout | undefined

  const pace = (): Pace => ({ elapsedMs: settings.nowMs() - startedAtMs, bytesPerSecond: rate.bytesPerSecond() })
  const show = () => {
    const event = latest
    latest = undefined
    const progress = event === undefined ? undefined : progressOf(event)
    if (event === undefined || progress === undefined) return
    if (progress.bytesDone !== undefined) rate.add(progress.bytesDone, settings.nowMs())
    if (json) held.add(`${JSON.stringify(jsonMessage(event, pace()))}\n`)
    else showForPeople(progress)
  }
  const showForPeople = (progress: Progress) => {
    if (!interactive) {
      channel.write(`${progressFigures(progress, pace())}\n`)
      return
    }
    held.flush()
    area.draw(renderProgress(progress, pace(), channel.columns ?? 80))
  }
  const chosenMs = interactive ? terminalIntervalMs : json ? jsonIntervalMs : plainIntervalMs
  const intervalMs = settings.progressIntervalMs ?? chosenMs

  return {
    clear() {
      latest = undefined
      area.clear()
    },
    emit(event) {
      if (isProgress(event)) {
        if (quiet || intervalMs === Infinity) return
        latest = event
        timer ??= setInterval(show, Math.max(intervalMs, 16)).unref()
        return
      }
      // told of every file, but only shown to whoever asked for it
      if (event.type === 'item.processed' && settings.verbosity < 2) return
      area.clear()
      if (json) writeJson(event, settings, held, pace())
      else writeText(event, quiet, { stdout: held, stderr })
    },
    close() {
      clearInterval(timer)
      area.clear()
    },
  }
}

type ProgressEvent = Extract<Event, { type: `${string}.progressed` }>
type OtherEvent = Exclude<Event, ProgressEvent>

function isProgress(event: Event): event is ProgressEvent {
  return event.type.endsWith('.progressed')
}

function writeJson(event: Event, { stderr, quiet }: OutputSettings, held: HeldBack, pace: Pace): void {
  const text = `${JSON.stringify(jsonMessage(event, pace))}\n`
  if (event.type === 'item.failed') stderr.write(text)
  else if (!quiet || (event.type === 'message.noted' && event.level === 'warning')) held.add(text)
}

function writeText(event: OtherEvent, quiet: boolean, to: { stdout: HeldBack; stderr: Channel }): void {
  switch (event.type) {
    case 'item.failed':
      to.stderr.write(`error: ${printable(event.item)}: ${printable(event.error)}\n`)
      break
    case 'item.processed':
      if (!quiet) to.stdout.add(`${event.action.padEnd(9)} ${printable(event.item)}, ${formatSize(event.sizeBytes)}\n`)
      break
    case 'message.noted':
      if (event.level === 'warning') to.stderr.write(`warning: ${printable(event.message)}\n`)
      else if (!quiet) to.stdout.add(`${printable(event.message)}\n`)
      break
    case 'lock.removed':
      if (!quiet) to.stderr.write(`removed stale lock ${event.lock.slice(0, 8)}: ${printable(event.reason)}\n`)
      break
    case 'request.retried':
      if (quiet) break
      to.stderr.write(
        `warning: ${event.action} ${event.file} failed (attempt ${event.attempt}), again in ${Math.round(event.delayMs / 1000)}s: ${printable(event.error)}\n`,
      )
      break
    case 'finding.noted':
      to.stderr.write(`warning: ${printable(event.message)}\n  ${printable(event.hint)}\n`)
      break
    case 'log.followed':
      // The command that follows a log shows where it is; elsewhere nobody asked.
      break
  }
}
