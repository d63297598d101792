import type { ClientPlace } from '@holdfast/connectors/postgresql/logical/client-tool'
import type { ProgramPlace } from '@holdfast/connectors/process/program-place'

/** What docker and kubectl look at to find engine, cluster and credentials. */
const outerNames = [
  ...['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH'],
  ...[
    'DOCKER_TLS_VERIFY',
    'KUBECONFIG',
    'KUBERNETES_SERVICE_HOST',
    'KUBERNETES_SERVICE_PORT',
    'HTTPS_PROXY',
    'NO_PROXY',
  ],
]

/** Where PostgreSQL's own client programs run. */
export function clientPlaceOf(
  directories: readonly string[],
  variable: (name: string) => string | undefined,
  place: ProgramPlace = { type: 'local' },
): ClientPlace {
  const outer = outerNames.flatMap((name) => {
    const value = variable(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    place,
    binaries: { directories, path: variable('PATH') ?? '' },
    outerVariables: Object.fromEntries(outer),
  }
}
