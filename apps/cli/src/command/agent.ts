import { parseDurationMs } from '@holdfast/core/units/duration'
import { single } from '../argument/option.ts'
import { defineCommand } from './command.ts'

const options = {
  server: single({
    placeholder: '<url>',
    help: 'Address of the server. Without TLS only where it is on this machine.',
    variable: 'SERVER',
  }),
  ca: single({
    placeholder: '<file>',
    help: 'Certificates, PEM, of the authority that the server has its own from; default: those of this program.',
    completes: 'file',
    variable: 'CA',
  }),
  grace: single(
    {
      placeholder: '<duration>',
      help: 'How long runs may go on after the signal to stop; then they are handed back and done later.',
      fallback: '30s',
    },
    parseDurationMs,
  ),
}

export type AgentOptions = typeof options

export const agent = defineCommand({
  name: 'agent',
  purpose: 'Back up this machine for a server, which it only ever dials',
  details: [
    'Asks the server for the runs of the sources that name this agent, makes the backups here, each in a process of its own, and sends what came of them. A server that is away stops nothing: the work goes on, and its result is delivered when the server is back, even if this process was killed meanwhile.',
    'The first time it needs the token that `holdfast agent add` prints, in HOLDFAST_ENROLMENT_TOKEN or a file named by HOLDFAST_ENROLMENT_TOKEN_FILE. With it the agent gets a secret of its own, which it keeps in the directory agent of $HOLDFAST_STATE_DIR. Passwords of repositories are read on this machine, from where the configuration of the server says.',
  ],
  arguments: [],
  options,
  examples: [
    {
      explanation: 'The first time; afterwards without the token',
      command: 'HOLDFAST_ENROLMENT_TOKEN=hfenrol.… holdfast agent --server https://holdfast.example.org:8090',
    },
    {
      explanation: 'A server with a certificate of your own authority',
      command: 'holdfast agent --server https://holdfast.lan:8090 --ca /etc/holdfast/ca.pem',
    },
  ],
  exitCodes: [
    { code: 0, meaning: 'ended by a signal' },
    { code: 1, meaning: 'could not begin: not let in, refused by the server, or no place for its state' },
    { code: 130, meaning: 'interrupted a second time, and ended at once' },
  ],
  run: async (invocation) => await (await import('../agent/run-agent.ts')).runAgent(invocation),
})
