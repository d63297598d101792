import type { SourceProof } from '../proof/source-proof.ts'

/** The evidence of a restore into a scratch server. */
export interface Proof extends SourceProof {
  readonly type: 'postgresql'
  /** of the scratch server: "15.18" */
  readonly serverVersion: string
}
