import { fileURLToPath } from 'node:url'

/** Where the reference of the command line lies. */
export const referencePath = fileURLToPath(new URL('../../../../docs/reference/cli.md', import.meta.url))
