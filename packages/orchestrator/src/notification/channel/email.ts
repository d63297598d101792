import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { AppError } from '@holdfast/core/errors/app-error'
import { createTransport } from 'nodemailer'
import { type Channel, channelTimeoutMs, type ResolveSecret } from '../channel.ts'
import { headline, plainText, truncate } from '../message-text.ts'
import type { ChannelOf } from './channel-settings.ts'

/**
 * Mail by SMTP. `starttls` refuses a server that does not offer it, so that a password never travels readable; `never` is
 * for a relay on the same machine. Messages about the same finding make one thread.
 */
export function createEmailChannel(
  { name, smtp, from, to }: ChannelOf<'email'>,
  resolveSecret: ResolveSecret,
): Channel {
  return {
    name,
    send: async (message, ctx) => {
      ctx.signal.throwIfAborted()
      const password = smtp.password === undefined ? '' : await resolveSecret(smtp.password)
      const transport = createTransport({
        host: smtp.host,
        port: smtp.port,
        secure: smtp.tls === 'always',
        requireTLS: smtp.tls === 'starttls',
        ignoreTLS: smtp.tls === 'never',
        ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: password } }),
        connectionTimeout: channelTimeoutMs,
        greetingTimeout: channelTimeoutMs,
        socketTimeout: channelTimeoutMs,
      })
      const stop = () => transport.close()
      ctx.signal.addEventListener('abort', stop, { once: true })
      const thread = threadId(message.notices.map(({ finding }) => `${finding.key} ${finding.firstSeenAt.getTime()}`))
      try {
        const { rejected } = await transport.sendMail({
          from,
          to: [...to],
          subject: `[Holdfast] ${truncate(headline(message), 180)}`,
          text: plainText(message),
          date: message.sentAt,
          messageId: `<${message.id}@${mailHost(from)}>`,
          references: `<${thread}@${mailHost(from)}>`,
          // Holidays' automatic answers are for people's mail.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Holdfast-Host': message.host },
          disableFileAccess: true,
          disableUrlAccess: true,
        })
        // Whoever else is reached has been told; a test shows who is not.
        if (message.isTest && rejected.length > 0) throw new Error(`refused: ${rejected.map(addressText).join(', ')}`)
      } catch (error) {
        ctx.signal.throwIfAborted()
        throw mailProblem(name, error, password)
      } finally {
        ctx.signal.removeEventListener('abort', stop)
        transport.close()
      }
    },
  }
}

function addressText(address: string | { readonly address: string }): string {
  return typeof address === 'string' ? address : address.address
}

function threadId(findings: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(findings)).digest('hex').slice(0, 32)
}

function mailHost(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? hostname()
}

/** What a server says may pass with a 4xx code (RFC 5321, 4.2.1); one that cannot be reached may come back. */
function mailProblem(channel: string, error: unknown, password: string): AppError {
  if (!(error instanceof Error)) return new AppError('CHANNEL_UNREACHABLE', { channel, reason: String(error) })
  const said = error.message.replace(/\s+/g, ' ').trim().slice(0, 200)
  const encoded = Buffer.from(password).toString('base64')
  const reason = password === '' ? said : said.replaceAll(password, '***').replaceAll(encoded, '***')
  const code = 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined
  const isLogin = 'code' in error && (error.code === 'EAUTH' || error.code === 'ENOAUTH')
  const isRefused = isLogin || (code !== undefined && code >= 500)
  return new AppError(isRefused ? 'CHANNEL_REFUSED' : 'CHANNEL_UNREACHABLE', { channel, reason })
}
