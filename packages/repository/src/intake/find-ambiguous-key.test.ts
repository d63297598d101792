import { expect, test } from 'vitest'
import { findAmbiguousKey } from './find-ambiguous-key.ts'

const find = (json: string): string | undefined => {
  JSON.parse(json)
  return findAmbiguousKey(Buffer.from(json))
}

test('what restic writes is read in one way by everybody', () => {
  expect(
    find('{"packs":[{"id":"0","blobs":[{"id":"1","offset":0},{"id":"2","offset":1}]},{"id":"3"}]}\n'),
  ).toBeUndefined()
  expect(find('{"time":"x","paths":["/a:\\"b\\\\","Hostname"],"summary":{"files_new":1},"tags":[]}')).toBeUndefined()
})

test('keys in other letters, by other ways of writing, or twice in one object are named', () => {
  expect(find('{"hostname":"a","Hostname":"b"}')).toBe('Hostname')
  expect(find('{"ho\u017ftname":"b"}')).toBe('ho\u017ftname')
  expect(find('{"\\u0073upersedes" :[]}')).toBe('\\u0073upersedes')
  expect(find('{"packs":[{"id":"0","blobs":[]}],"packs" : []}')).toBe('packs')
  expect(find('{"packs":[{"id":"0","blobs":[{"id":"1","ID":"2"}]}]}')).toBe('ID')
  expect(find('{"a":{"a":[{"a":1,\n"a"\t:2}]}}')).toBe('a')
})
