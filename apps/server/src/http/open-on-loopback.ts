import type { Caller } from '@holdfast/api/caller'
import type {} from '../access/request-caller.ts'
import type { HttpPart } from './open-http.ts'

/** On a loopback address nobody has to sign in: whoever asks from there may do everything. */
export const openOnLoopback: HttpPart = (app) => {
  app.addHook('onRequest', async (request) => {
    const isLocal = /^(?:127\.|::1$|::ffff:127\.)/.test(request.ip)
    const caller: Caller = isLocal
      ? { kind: 'local', name: 'local', role: 'admin' }
      : { kind: 'nobody', name: 'nobody', role: 'none', sources: [] }
    request.caller = caller
  })
}
