import type { ErrorDefinition } from './error-definition.ts'

/** Findings and the messages about them. Reasons never hold an address or token: those of chat services are secrets. */
export const notificationErrors = {
  CHANNEL_UNREACHABLE: {
    exitCode: 1,
    retryable: true,
    message: 'the message could not be sent to channel {channel}: {reason}',
    hint: 'It is tried again by itself. Check the network and the service, then `holdfast notify test {channel}`.',
  },
  CHANNEL_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'channel {channel} refused the message: {reason}',
    hint: 'Check address, token and recipient of the channel in the configuration, then run `holdfast notify test {channel}`.',
  },
  CHANNEL_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no channel {channel}',
    hint: 'Channels are defined under notifications.channels of the configuration; there are: {known}.',
  },
  CHANNELS_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'the configuration has no notification channel',
    hint: 'Add one under notifications.channels, so that findings reach you.',
  },
  FINDING_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'no open finding has the key {key}',
    hint: '{suggestion}',
  },
} as const satisfies Record<string, ErrorDefinition>
