export type QuestionValue = string | number

/** A `select` in SQL that both stores know, or a part of one; tables are written `holdfast.runs`. */
export interface Question {
  /** what stands between the values: one more than there are values */
  readonly texts: readonly string[]
  readonly values: readonly QuestionValue[]
}

/**
 * Puts a question together: question`select value from holdfast.marks where key = ${key}`. What is inserted is a value,
 * never SQL, unless it is a part of a question itself.
 */
export function question(parts: TemplateStringsArray, ...inserted: readonly (QuestionValue | Question)[]): Question {
  const texts = [parts[0] ?? '']
  const values: QuestionValue[] = []
  const append = (text: string): void => void texts.push(`${texts.pop() ?? ''}${text}`)
  for (const [index, each] of inserted.entries()) {
    const next = parts[index + 1] ?? ''
    if (typeof each === 'object') {
      const [first = '', ...rest] = each.texts
      append(first)
      texts.push(...rest)
      append(next)
    } else texts.push(next)
    values.push(...(typeof each === 'object' ? each.values : [each]))
  }
  return { texts, values }
}

/** "where … and …" of the conditions that there are. */
export function whereAll(conditions: readonly (Question | undefined)[]): Question {
  const [first, ...rest] = conditions.filter((condition) => condition !== undefined)
  if (first === undefined) return question``
  return rest.reduce((all, condition) => question`${all} and ${condition}`, question`where ${first}`)
}

/** Whether a column, by its name, is one of the values; without any it never is. */
export function isOneOf(column: string, values: readonly QuestionValue[]): Question {
  if (values.length === 0) return question`1 = 0`
  return { texts: [`${column} in (`, ...values.slice(1).map(() => ', '), ')'], values }
}

export function limitTo(limit: number | undefined): Question {
  return limit === undefined ? question`` : question`limit ${limit}`
}
