import { createRequire } from 'node:module'
import { defineCommand, plainExitCodes } from './command.ts'

export const version = defineCommand({
  name: 'version',
  purpose: 'Print the version',
  arguments: [],
  options: {},
  examples: [{ explanation: 'What to name in a report', command: 'holdfast version' }],
  exitCodes: plainExitCodes,
  run: async ({ output }) => {
    const { node } = process.versions
    const { platform, arch } = process
    output.line(`holdfast ${programVersion()} on Node ${node}, ${platform} ${arch}`)
    output.message({ message_type: 'version', version: programVersion(), node_version: node, os: platform, arch })
    return 0
  },
})

/** The version of this program, from its package. */
export function programVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json')
  const found = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
  return String(found)
}
