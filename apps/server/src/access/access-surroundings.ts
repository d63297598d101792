import type { ServerSettings } from '@holdfast/core/config/effective-config'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'

export interface AccessSurroundings {
  readonly catalogue: Pick<Catalogue, 'users' | 'sessions' | 'tokens'>
  /** The settings that the server was started with: how it listens does not change while it does. */
  readonly settings: ServerSettings
  /** the agent whose secret this is */
  readAgentSecret(secret: string): Promise<string | undefined>
  /** how often it is asked whether answers that go on and on may; a minute unless given */
  readonly recheckMs?: number
}
