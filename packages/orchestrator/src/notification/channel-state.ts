import { parseMarkFields } from '../catalogue/mark-fields.ts'

/** How sending to a channel went lately, in the mark `notified/@channel/<name>`. */
export interface ChannelState {
  /** in a row; 0 when the last message was taken */
  readonly failures: number
  /** not to be tried before */
  readonly retryAt?: Date | undefined
  /** of the last failure, without secrets */
  readonly error?: string | undefined
  /** a process sends to it until then */
  readonly claimedUntil?: Date | undefined
}

export function channelMark(channel: string): string {
  return `notified/@channel/${channel}`
}

/** What cannot be read counts as never used. */
export function readChannelState(marks: ReadonlyMap<string, string>, channel: string): ChannelState {
  return parseChannelState(marks.get(channelMark(channel)))
}

export function parseChannelState(value: string | undefined): ChannelState {
  const fields = parseMarkFields(value)
  const failures = fields?.number('failures')
  if (fields === undefined || failures === undefined) return { failures: 0 }
  return {
    failures,
    retryAt: fields.date('retryAt'),
    error: fields.text('error'),
    claimedUntil: fields.date('claimedUntil'),
  }
}
