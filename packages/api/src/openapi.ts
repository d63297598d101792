export function describeApi(_version: string): Record<string, never> {
  return {}
}
