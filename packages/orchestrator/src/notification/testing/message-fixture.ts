import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Finding } from '../../finding/finding.ts'
import { findingOf, noon } from '../../finding/testing/view-fixture.ts'
import type { ResolveSecret } from '../channel.ts'
import { createMessage, type Message, type NoticeEvent } from '../message.ts'

/** A message about one finding, or several of the same event. */
export function messageOf(event: NoticeEvent = 'opened', findings: readonly Finding[] = [findingOf()]): Message {
  return createMessage(
    findings.map((finding) => ({ event, finding })),
    { host: 'web-1', now: noon },
  )
}

/** Secrets of a test: `text` as it stands, `env` from those given. */
export function secretsOf(values: Readonly<Record<string, string>> = {}): ResolveSecret {
  return async (reference: SecretReference) => {
    if ('text' in reference) return reference.text
    if ('env' in reference && values[reference.env] !== undefined) return values[reference.env] ?? ''
    throw new Error('the test has no such secret')
  }
}
