type Defined<Fields> = { [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name] } & {
  [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>
}

/** The same fields without those that are undefined, which exact optional properties do not take. */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  // Boundary: what is left after dropping the undefined fields is what the type says.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}
