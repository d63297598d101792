import { fileURLToPath } from 'node:url'

const place = (name: string) => fileURLToPath(new URL(`../../../../docs/reference/${name}`, import.meta.url))

/** Where the reference of the command line lies. */
export const referencePath = place('cli.md')
/** Where the reference of the configuration lies. */
export const configReferencePath = place('configuration.md')
/** Where the schema of the configuration for editors lies. */
export const configSchemaPath = place('holdfast.schema.json')
/** Where the description of the HTTP interface lies. */
export const openApiPath = place('openapi.json')
/** Where the reference of the metrics lies. */
export const metricsReferencePath = place('metrics.md')
