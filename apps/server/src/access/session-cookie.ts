import { sessionAgeMs } from '@holdfast/orchestrator/access/session'
import type { FastifyReply } from 'fastify'
import { writeCookie } from './cookie.ts'

export const sessionCookie = 'holdfast_session'

/** Gives the browser this session; undefined: takes away the one that it has. */
export function sendSession(reply: FastifyReply, secret: string | undefined, isSecure: boolean): void {
  const maxAgeSeconds = secret === undefined ? 0 : sessionAgeMs / 1000
  const options = { isSecure, maxAgeSeconds, sameSite: 'Strict', path: '/' } as const
  reply.header('set-cookie', writeCookie(sessionCookie, secret ?? '', options))
}
