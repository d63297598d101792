export interface Interpolated {
  readonly text: string
  /** whether anything was put in */
  readonly isChanged: boolean
  /** names of all variables in it */
  readonly used: readonly string[]
  /** variables without a value and without a default */
  readonly missing: readonly string[]
}

/**
 * Fills in `${NAME}` and `${NAME:-default}` (the default also for an empty variable, as shells do); `$${` stands for
 * `${` itself.
 */
export function interpolate(text: string, variables: (name: string) => string | undefined): Interpolated {
  const missing: string[] = []
  const used: string[] = []
  const filled = text.replace(
    /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (whole, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) return '${'
      used.push(name)
      const value = variables(name)
      if (value !== undefined && (value !== '' || fallback === undefined)) return value
      if (fallback !== undefined) return fallback
      missing.push(name)
      return whole
    },
  )
  return { text: filled, isChanged: filled !== text, used, missing }
}
