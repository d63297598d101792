import type { ErrorDefinition } from './error-definition.ts'

/** What goes wrong between agents and servers. */
export const agentErrors = {
  AGENT_UNKNOWN: {
    exitCode: 1,
    retryable: false,
    message: 'there is no agent {name} in the configuration',
    hint: '{suggestion}',
  },
  AGENT_TOKEN_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'the enrolment token is not accepted: {reason}',
    hint: 'Have a new one made with `holdfast agent add`.',
  },
  AGENT_TOKEN_MISSING: {
    exitCode: 1,
    retryable: false,
    message: 'this machine has not been enrolled, and there is no enrolment token',
    hint: 'Run `holdfast agent add` on the server and give the token in HOLDFAST_ENROLMENT_TOKEN or a file named by HOLDFAST_ENROLMENT_TOKEN_FILE.',
  },
  AGENT_PROTOCOL_MISMATCH: {
    exitCode: 1,
    retryable: false,
    message:
      'agent {name} ({agentVersion}) speaks protocol {agentProtocol}, and the server ({serverVersion}) {serverProtocol}',
    hint: 'Install the same version of Holdfast on both.',
  },
  AGENT_COPIED: {
    exitCode: 1,
    retryable: false,
    message: 'another process with the secret of agent {name} is at work, or was since its state directory was copied',
    hint: 'Run the agent in one place only. If that is to be here, make a token with `holdfast agent add {name}` on the server and start it with that: what others have is worth nothing then.',
  },
  AGENT_REPORT_INVALID: {
    exitCode: 1,
    retryable: false,
    message: 'what agent {name} reports is not accepted: {reason}',
    hint: 'Install the same version of Holdfast on both; if it stays so, look whether that machine is still your own.',
  },
  AGENT_RUN_FOREIGN: {
    exitCode: 1,
    retryable: false,
    message: 'run {id} is not of agent {name}',
    hint: 'Nothing needs to be done: an agent is only told of its own runs.',
  },
  AGENT_STATE_UNUSABLE: {
    exitCode: 1,
    retryable: false,
    message: 'the directory {directory} cannot keep what the agent needs: {reason}',
    hint: 'Give the agent a directory of its own with HOLDFAST_STATE_DIR, which it alone may read.',
  },
  AGENT_SERVER_PLAIN: {
    exitCode: 1,
    retryable: false,
    message: 'the server {server} is not reached with HTTPS',
    hint: 'Use https://; only a server on this machine may be reached without.',
  },
  AGENT_SERVER_AWAY: {
    exitCode: 1,
    retryable: true,
    message: 'the server {server} does not answer: {reason}',
    hint: 'Check that it runs and can be reached from here; with a certificate of your own authority, name that with --ca.',
  },
  AGENT_REFUSED: {
    exitCode: 1,
    retryable: false,
    message: 'the server {server} refuses: {reason}',
    hint: '{suggestion}',
  },
} as const satisfies Record<string, ErrorDefinition>
