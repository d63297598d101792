import type { Context } from '@holdfast/core/context'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Message } from './message.ts'

/** One way to reach people. */
export interface Channel {
  readonly name: string
  /** where each finding is sent by itself, so that a failure after some of them repeats only the others; default: all at once */
  readonly noticesAtOnce?: number
  /**
   * Resolves when the receiver has taken the message. Fails with CHANNEL_UNREACHABLE, or with CHANNEL_REFUSED when
   * sending it again would not help; neither ever holds an address or a token. Ends within `channelTimeoutMs`.
   */
  send(message: Message, ctx: Context): Promise<void>
}

/** Gives the secret that a reference points at, at the moment of use. */
export type ResolveSecret = (reference: SecretReference) => Promise<string>

/** A receiver that takes longer has failed. */
export const channelTimeoutMs = 15_000
