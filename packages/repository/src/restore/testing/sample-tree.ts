import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { makeSpecialFile } from '../../native/special-files.ts'
import { setTimes } from '../../native/times.ts'
import { setXattr } from '../../native/xattr.ts'

/**
 * A tree with everything that file systems know: empty, small, large and sparse files, hard links, symbolic links,
 * pipes, attributes, access control lists, set-user-id bits, read-only directories, names that are not UTF-8, odd dates;
 * as root also devices and other owners.
 */
export function makeSampleTree(root: string): void {
  mkdirSync(root)
  makeFiles(root)
  makeLinks(root)
  makeNames(root)
  makeDirectories(root)
  if (process.geteuid?.() === 0) makePrivileged(root)
  execFileSync('setfacl', ['-m', 'u:12345:rwx,g:54321:r', `${root}/files/small`])
  setTimes(`${root}/files/small`, 1_000_000_001_234_567_891n, 1_000_000_001_234_567_891n)
  utimesSync(root, 1e9, 1e9)
}

function makeFiles(root: string): void {
  const files = `${root}/files`
  mkdirSync(files)
  writeFileSync(`${files}/empty`, '')
  writeFileSync(`${files}/small`, 'small content')
  writeFileSync(`${files}/same`, 'small content')
  writeFileSync(`${files}/middle`, randomBytes(3_000_000))
  writeFileSync(`${files}/large`, Buffer.concat([randomBytes(21_000_000), Buffer.alloc(3_000_000), randomBytes(1234)]))
  writeFileSync(`${files}/text`, 'one line of many\n'.repeat(900_000))
  const sparse = openSync(`${files}/sparse`, 'w')
  ftruncateSync(sparse, 30_000_000)
  writeSync(sparse, 'island', 12_345_678)
  closeSync(sparse)
  writeFileSync(`${files}/old`, 'before 1970')
  setTimes(`${files}/old`, -500_000_000_999_999_999n, -500_000_000_999_999_999n)
  writeFileSync(`${files}/secret`, 'nobody may read this', { mode: 0o000 })
  writeFileSync(`${files}/setuid`, '#!/bin/sh\n')
  chmodSync(`${files}/setuid`, 0o6755)
  setXattr(`${files}/middle`, 'user.comment', Buffer.from([0, 1, 255]))
  setXattr(`${files}/middle`, 'user.empty', Buffer.alloc(0))
  for (let i = 0; i < 300; i++) writeFileSync(`${files}/many-${i}`, `file ${i} `.repeat(i))
}

function makeLinks(root: string): void {
  const links = `${root}/links`
  mkdirSync(links)
  writeFileSync(`${links}/one`, 'known by three names')
  linkSync(`${links}/one`, `${links}/two`)
  linkSync(`${links}/one`, `${root}/three`)
  writeFileSync(`${links}/big-one`, randomBytes(9_500_000))
  linkSync(`${links}/big-one`, `${links}/big-two`)
  symlinkSync('../files/small', `${links}/symbolic`)
  symlinkSync('/nowhere/at all', `${links}/dangling`)
  lutimesSync(`${links}/dangling`, 123_456_789, 123_456_789)
  makeSpecialFile(`${links}/pipe`, 'fifo', 0o640)
}

function makeNames(root: string): void {
  const names = `${root}/names`
  mkdirSync(names)
  const odd = ['with space', 'quote"\\', 'new\nline', 'ümläut', '日本', '\u00a0', '-dash', '*', '\u202e']
  for (const name of odd) writeFileSync(`${names}/${name}`, name)
  const invalid = Buffer.concat([Buffer.from(`${names}/`), Buffer.from([0xff, 0xfe, 0x2e, 0xc3])])
  mkdirSync(invalid)
  writeFileSync(Buffer.concat([invalid, Buffer.from([0x2f, 0x80])]), 'inside')
  writeFileSync(`${names}/${'n'.repeat(255)}`, 'longest name')
}

function makeDirectories(root: string): void {
  mkdirSync(`${root}/empty-directory`)
  chmodSync(`${root}/empty-directory`, 0o1777)
  const deep = `${root}/deep${'/level'.repeat(60)}`
  mkdirSync(deep, { recursive: true })
  writeFileSync(`${deep}/bottom`, 'deep')
  mkdirSync(`${root}/read-only/inner`, { recursive: true })
  writeFileSync(`${root}/read-only/inner/file`, 'x')
  setXattr(`${root}/read-only`, 'user.note', Buffer.from('directory'))
  for (const path of [`${root}/read-only/inner`, `${root}/read-only`]) {
    utimesSync(path, 1_111_111_111, 1_111_111_111)
    chmodSync(path, 0o555)
  }
}

function makePrivileged(root: string): void {
  writeFileSync(`${root}/owned`, 'of somebody else')
  lchownSync(`${root}/owned`, 12_345, 54_321)
  lchownSync(`${root}/links/symbolic`, 12_345, 54_321)
  makeSpecialFile(`${root}/character-device`, 'chardev', 0o600, 0x103n)
  makeSpecialFile(`${root}/block-device`, 'dev', 0o660, 0x700n)
}
