import { createServerLog } from '@holdfast/server/server-log'
import { startServer } from '@holdfast/server/start-server'
import type { Invocation } from '../command/command.ts'
import type { ServeOptions } from '../command/serve.ts'
import { discoveryPlaces } from '../discovery/discovery-option.ts'
import { configSurroundings } from '../session/config-surroundings.ts'
import { currentMachine } from '../session/current-machine.ts'
import { findConfig } from '../session/find-config.ts'

/** Until the signal to stop, which is its ordinary end. */
export async function runServe(invocation: Invocation<ServeOptions>): Promise<number> {
  const { global, variables, options, ctx, onHangUp } = invocation
  // one that comes before there is something to read again
  onHangUp(() => {})
  const log = createServerLog(process.stderr, () => ctx.now())
  await startServer(
    {
      configPath: findConfig(global, variables),
      surroundings: configSurroundings(variables),
      machine: currentMachine(invocation),
      log,
      // a server has no directory that it works in
      discoveryPlaces: discoveryPlaces({ composeIn: ['/opt', '/srv'], engine: [] }, variables),
      onReloadWanted: onHangUp,
      ...(options.grace === undefined ? {} : { graceMs: options.grace }),
      ...(options.lease === undefined ? {} : { leaseMs: options.lease }),
    },
    { ...ctx, now: () => ctx.now(), emit: (event) => log.event(event) },
  )
  return 0
}
