import { parseAssertion } from '@holdfast/connectors/postgresql/proof/assertion'
import { parseColumn, parseRelation } from '@holdfast/connectors/postgresql/proof/relation-check'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { parseRecoveryPoint } from '../restore/recovery-point.ts'
import { defaultWorkers } from '../session/worker-count.ts'

/** What the proof of a source of any kind is asked for. Fails with ARGUMENT_INVALID. */
export function proofRequestOf(source: string, { options }: Pick<Invocation<VerifyOptions>, 'options'>) {
  const { at = 'latest', method, sandbox } = options
  return {
    source,
    at: at === 'random' ? at : parseRecoveryPoint(at, '--at'),
    atText: at,
    ...(method === undefined ? {} : { method }),
    expectation: {
      assertions: options.assert.map(parseAssertion),
      relations: options.relation.map(parseRelation),
      unique: options.unique.map((text) => parseColumn(text, '--unique')),
    },
    workers: defaultWorkers(),
    random: Math.random,
    ...(sandbox === undefined ? {} : { sandboxParent: sandbox }),
  } as const
}

export type ProofRequest = ReturnType<typeof proofRequestOf>
