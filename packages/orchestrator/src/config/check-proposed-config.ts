import type { Context } from '@holdfast/core/context'
import { readConfig } from './load-config.ts'
import type { PlacedProblem } from './loaded-config.ts'
import { readConfigFiles } from './read-config-files.ts'
import type { ConfigSurroundings } from './surroundings.ts'

/**
 * All problems of a text that is to take the place of a configuration file, for somebody who may not see this machine:
 * messages repeat what variables hold and what files say, so that the text may use only the variables, and include only
 * the files, that the configuration in force uses and includes. No secret is looked for. Fails as `readConfig` does for the file in force.
 */
export async function checkProposedConfig(
  path: string,
  text: string,
  surroundings: ConfigSurroundings,
  ctx: Context,
): Promise<readonly PlacedProblem[]> {
  const used = new Set<string>()
  const inForce = await readConfigFiles(path, {
    variables: (name) => {
      used.add(name)
      return surroundings.variables(name)
    },
  })
  const files = new Set(inForce.files)
  const { problems } = await readConfig(
    path,
    {
      ...surroundings,
      variables: (name) => (used.has(name) ? surroundings.variables(name) : undefined),
      proposal: { text, mayRead: (file) => files.has(file) },
    },
    ctx,
  )
  return problems
}
