import { AppError } from '@holdfast/core/errors/app-error'

/** Where an external program runs: on this machine, or inside a container whose engine's command line tool is here. */
export type ProgramPlace =
  | { readonly type: 'local' }
  | { readonly type: 'docker'; readonly container: string }
  | { readonly type: 'kubernetes'; readonly pod: string; readonly namespace?: string; readonly container?: string }

/** What `spawn` takes; nothing in `arguments` is secret, since every user of the machine can read it. */
export interface ProgramCommand {
  readonly file: string
  readonly arguments: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** to be written to the program's standard input before anything else */
  readonly preamble?: string
}

export interface ProgramCall {
  readonly program: string
  readonly arguments: readonly string[]
  /** of the program's environment; may be secret */
  readonly variables: Readonly<Record<string, string>>
}

/** Reads NAME=value lines up to an empty one, then becomes the program: kubectl has no option for variables. */
const readVariables = 'while IFS= read -r line && [ -n "$line" ]; do export "$line"; done; exec "$@"'

/**
 * How a program is started in its place. `outer` is the environment of the tool that leads into a container (PATH, HOME,
 * DOCKER_HOST, KUBECONFIG). Fails with ARGUMENT_INVALID for names that no container can have.
 */
export function commandAt(
  place: ProgramPlace,
  call: ProgramCall,
  outer: Readonly<Record<string, string>>,
): ProgramCommand {
  switch (place.type) {
    case 'local':
      // Nothing is inherited, so that what a program does depends on nothing that is not written here.
      return { file: call.program, arguments: call.arguments, variables: { HOME: '/', ...call.variables } }
    case 'docker': {
      // Without a value, --env takes the variable from docker's own environment.
      const names = Object.keys(call.variables).flatMap((name) => ['--env', name])
      const container = checkedName('container', place.container)
      return {
        file: 'docker',
        arguments: ['exec', '--interactive', ...names, container, call.program, ...call.arguments],
        variables: { ...outer, ...call.variables },
      }
    }
    case 'kubernetes': {
      const namespace = place.namespace === undefined ? [] : ['--namespace', checkedName('namespace', place.namespace)]
      const container = place.container === undefined ? [] : ['--container', checkedName('container', place.container)]
      const into = ['exec', '--stdin', ...namespace, ...container, checkedName('pod', place.pod), '--']
      return {
        file: 'kubectl',
        arguments: [...into, 'sh', '-c', readVariables, 'sh', call.program, ...call.arguments],
        variables: outer,
        preamble: preambleOf(call.variables),
      }
    }
  }
}

/** For people: "container shop-db". */
export function describePlace(place: ProgramPlace): string {
  switch (place.type) {
    case 'local':
      return 'this machine'
    case 'docker':
      return `container ${place.container}`
    case 'kubernetes':
      return `pod ${place.pod}`
  }
}

function preambleOf(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!/[\n\0]/.test(value)) return `${name}=${value}\n`
    throw new AppError('ARGUMENT_INVALID', {
      name,
      value: 'a value with a line break',
      reason: 'it cannot be passed into a pod',
    })
  })
  return `${lines.join('')}\n`
}

/** A name that begins with a dash would be taken for an option. */
function checkedName(what: string, name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return name
  const reason = 'it takes letters, digits, dots, dashes and underscores, and begins with a letter or digit'
  throw new AppError('ARGUMENT_INVALID', { name: what, value: JSON.stringify(name), reason })
}
