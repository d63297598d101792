import { expect, test } from 'vitest'
import { isOneOf, limitTo, question, whereAll } from './question.ts'

test('values stay apart from the text, also those of parts', () => {
  const since = question`at >= ${7}`
  expect(question`select ${since} or key = ${"'; drop"} end`).toEqual({
    texts: ['select at >= ', ' or key = ', ' end'],
    values: [7, "'; drop"],
  })
})

test('conditions that are not given are left out', () => {
  const where = whereAll([undefined, question`a = ${1}`, undefined, isOneOf('b', ['x', 'y'])])
  expect(question`select ${where} ${limitTo(5)}`).toEqual({
    texts: ['select where a = ', ' and b in (', ', ', ') limit ', ''],
    values: [1, 'x', 'y', 5],
  })
  expect(question`select ${whereAll([undefined])}${limitTo(undefined)}`).toEqual({ texts: ['select '], values: [] })
})

test('nothing is one of none', () => {
  expect(isOneOf('b', [])).toEqual({ texts: ['1 = 0'], values: [] })
})
