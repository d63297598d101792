import type { Message } from './message.ts'

/** The message for programs: the body of a webhook and the standard input of a command. Fields are only ever added. */
export function messagePayload(message: Message): object {
  return {
    version: 1,
    id: message.id,
    sentAt: message.sentAt.toISOString(),
    host: message.host,
    isTest: message.isTest,
    findings: message.notices.map(({ event, finding }) => ({
      event,
      key: finding.key,
      kind: finding.kind,
      severity: finding.severity,
      subject: finding.subject,
      ...(finding.about === undefined ? {} : { about: finding.about }),
      title: finding.title,
      detail: finding.detail,
      figures: finding.figures,
      firstSeenAt: finding.firstSeenAt.toISOString(),
      lastSeenAt: finding.lastSeenAt.toISOString(),
      resolvedAt: finding.resolvedAt?.toISOString() ?? null,
    })),
  }
}
