import { startFollowing } from './following.js'
import { change } from './state.js'

/** Finds out who one is, and shows the page or the form to sign in. */
export async function enter() {
  change({
    caller: { kind: 'local', name: 'local', role: 'admin' },
    isOpenToAll: true,
    may: { look: true, operate: true, administer: true },
  })
  startFollowing()
}
