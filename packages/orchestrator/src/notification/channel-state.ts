import { z } from 'zod'

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

const schema = z.object({
  failures: z.number(),
  retryAt: z.coerce.date().optional(),
  error: z.string().optional(),
  claimedUntil: z.coerce.date().optional(),
})

export function channelMark(channel: string): string {
  return `notified/@channel/${channel}`
}

/** What cannot be read counts as never used. */
export function readChannelState(marks: ReadonlyMap<string, string>, channel: string): ChannelState {
  return parseChannelState(marks.get(channelMark(channel)))
}

export function parseChannelState(value: string | undefined): ChannelState {
  if (value === undefined) return { failures: 0 }
  try {
    return schema.parse(JSON.parse(value))
  } catch {
    return { failures: 0 }
  }
}
