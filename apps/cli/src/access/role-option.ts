import { type Role, roles } from '@holdfast/core/access/role'
import { oneOf } from '../argument/option.ts'

/** --role, the least unless given. */
export const roleOption = oneOf<Role>({
  placeholder: '<role>',
  help: 'What one may do: see, also start and restore, or also administer.',
  choices: roles,
  fallback: 'viewer',
})
