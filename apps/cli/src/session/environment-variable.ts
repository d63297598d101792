import type { Variables } from '../argument/option.ts'

export interface FoundVariable {
  readonly name: string
  readonly value: string
}

/** The first that is set and not empty. */
export function firstVariable(variables: Variables, names: readonly string[]): FoundVariable | undefined {
  for (const name of names) {
    const value = variables(name)
    if (value !== undefined && value !== '') return { name, value }
  }
  return undefined
}

/** Holdfast's own variables come first; restic's serve who moves over. */
export const variableFamilies = ['HOLDFAST', 'RESTIC'] as const
