import type { SourceProof } from '../proof/source-proof.ts'

/** The evidence of a restore into a scratch server. */
export interface Proof extends SourceProof {
  readonly type: 'postgresql'
  /** logical: what was started was empty, and `replayMs` is what loading the dumps into it took, fetching included */
  readonly method: 'physical' | 'logical'
  /** of the scratch server: "15.18" */
  readonly serverVersion: string
}
