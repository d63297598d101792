import type { PostgresTarget } from '../connection/target.ts'

/** How to reach a server of our own on its private socket, where it trusts whoever gets to it. */
export function socketTarget(socketDirectory: string, user: string, port = 5432): PostgresTarget {
  return {
    hosts: [{ host: socketDirectory, port }],
    user,
    passwordInText: false,
    passwordLines: [],
    tls: { mode: 'disable', negotiation: 'postgres', sendsServerName: false, minimumVersion: 'TLSv1.2' },
    channelBinding: 'disable',
    loginMethods: ['none'],
    sessionWanted: 'any',
    connectTimeoutMs: 5000,
    applicationName: 'holdfast',
  }
}
