import { initRepositories } from '@holdfast/orchestrator/operation/init-repositories'
import type { Invocation } from '../command/command.ts'
import { printable } from '../output/printable.ts'
import { currentMachine } from '../session/current-machine.ts'
import { openConfig } from '../session/open-config.ts'

/** `init --configured`: every repository of the configuration that is not there yet. */
export async function initConfigured(invocation: Invocation): Promise<number> {
  const { output, ctx } = invocation
  const { config } = await openConfig(invocation)
  for (const each of await initRepositories(config.repositories.values(), currentMachine(invocation), ctx)) {
    const { name, location, id, isNew } = each
    const done = isNew ? 'created repository' : 'there already is repository'
    output.line(`${name}: ${done} ${id.slice(0, 10)} at ${printable(location)}`)
    output.message({ message_type: isNew ? 'initialized' : 'exists', name, id, repository: location })
  }
  output.note('Keep the passwords safe: without them nothing can be restored.')
  return 0
}
