import { agentErrors } from './agent-errors.ts'
import { argumentErrors } from './argument-errors.ts'
import { catalogueErrors } from './catalogue-errors.ts'
import { storageErrors } from './storage-errors.ts'
import { repositoryErrors } from './repository-errors.ts'
import { postgresqlErrors } from './postgresql-errors.ts'
import { mysqlErrors } from './mysql-errors.ts'
import { notificationErrors } from './notification-errors.ts'
import { configErrors } from './config-errors.ts'
import { operationErrors } from './operation-errors.ts'
import { statusErrors } from './status-errors.ts'
import { apiErrors } from './api-errors.ts'
import { accessErrors } from './access-errors.ts'
import { restoreErrors } from './restore-errors.ts'
import { gatewayErrors } from './gateway-errors.ts'
import type { ErrorDefinition } from './error-definition.ts'

/** Every error a user can meet, by code; each code is defined once, in the file of its area. */
export const errorCatalogue = {
  ...argumentErrors,
  ...storageErrors,
  ...repositoryErrors,
  ...postgresqlErrors,
  ...mysqlErrors,
  ...catalogueErrors,
  ...notificationErrors,
  ...configErrors,
  ...operationErrors,
  ...statusErrors,
  ...apiErrors,
  ...gatewayErrors,
  ...accessErrors,
  ...restoreErrors,
  ...agentErrors,
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorCatalogue
