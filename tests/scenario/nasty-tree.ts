import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { setTimes } from '@holdfast/repository/native/times'
import { makeSpecialFile } from '@holdfast/repository/native/special-files'
import { setXattr } from '@holdfast/repository/native/xattr'
import { SeededRandom } from './random.ts'

const kibi = 1024
const mebi = 1024 * kibi
/** Around the shortest and the longest chunk, and what lies in between. */
const sizes = [1, 4095, 512 * kibi - 1, 512 * kibi, 512 * kibi + 1, 3 * mebi, 8 * mebi - 1, 8 * mebi, 8 * mebi + 1]
const largestSize = 20 * mebi

/** What file systems can hold, as far as every restic writes it down in the same way. */
export function makeNastyTree(root: string): void {
  fs.mkdirSync(root)
  makeContents(`${root}/contents`)
  makeNodes(`${root}/nodes`)
  makeNames(`${root}/names`)
  makeTimes(`${root}/times`)
  const deep = `${root}/deep${'/level'.repeat(80)}`
  fs.mkdirSync(deep, { recursive: true })
  fs.writeFileSync(`${deep}/bottom`, 'deep down')
  if (process.geteuid?.() === 0) makePrivileged(`${root}/privileged`)
  fs.utimesSync(root, 1e9, 1e9)
}

function makeContents(directory: string): void {
  fs.mkdirSync(directory)
  const random = new SeededRandom(512)
  const noise = random.bytes(largestSize + 64)
  for (const [at, size] of [...sizes, largestSize].entries()) {
    fs.writeFileSync(`${directory}/noise-${size}`, noise.subarray(at, at + size))
  }
  fs.writeFileSync(`${directory}/text`, 'one line of many\n'.repeat(700_000))
  fs.writeFileSync(`${directory}/zeros`, Buffer.alloc(3 * mebi + 7))
  fs.writeFileSync(`${directory}/empty`, '')
  const sparse = fs.openSync(`${directory}/sparse`, 'w')
  fs.ftruncateSync(sparse, 12 * mebi + 5)
  fs.writeSync(sparse, 'island', 5 * mebi + 3)
  fs.closeSync(sparse)
}

function makeNodes(directory: string): void {
  fs.mkdirSync(`${directory}/empty-directory`, { recursive: true })
  fs.chmodSync(`${directory}/empty-directory`, 0o1777)
  fs.writeFileSync(`${directory}/one`, 'known by three names')
  fs.linkSync(`${directory}/one`, `${directory}/two`)
  fs.linkSync(`${directory}/one`, `${directory}/empty-directory/three`)
  fs.symlinkSync('one', `${directory}/link`)
  fs.symlinkSync('/nowhere/at all <&>', `${directory}/dangling`)
  makeSpecialFile(`${directory}/pipe`, 'fifo', 0o640)
  fs.writeFileSync(`${directory}/no-permissions`, 'closed', { mode: 0 })
  fs.writeFileSync(`${directory}/set-id`, '#!/bin/sh\n')
  fs.chmodSync(`${directory}/set-id`, 0o6755)
  fs.writeFileSync(`${directory}/attributes`, 'has some')
  setXattr(`${directory}/attributes`, 'user.zero', Buffer.from([0, 1, 255]))
  setXattr(`${directory}/attributes`, 'user.a', Buffer.from('value'))
  setXattr(`${directory}/empty-directory`, 'user.directory', Buffer.from('value'))
  execFileSync('setfacl', ['-m', 'u:12345:rwx,g:54321:r', `${directory}/attributes`])
  execFileSync('setfacl', ['-d', '-m', 'u:12345:rwx', `${directory}/empty-directory`])
}

function makeNames(directory: string): void {
  fs.mkdirSync(directory)
  const odd = [
    'with space',
    'quote"\\back',
    'new\nline',
    'tab\t',
    'ümläut',
    '日本',
    '<&>',
    '-dash',
    '*',
    '$HOME',
    '\x7f',
  ]
  for (const name of [...odd, 'n'.repeat(255)]) fs.writeFileSync(`${directory}/${name}`, name)
  fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0x2e, 0xc3])]), 'not UTF-8')
  fs.mkdirSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x80])]))
  fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x80, 0x2f, 0xfe])]), 'below')
  fs.mkdirSync(`${directory}/many`)
  for (let i = 0; i < 300; i++) fs.writeFileSync(`${directory}/many/${i}-entry`, `entry ${i} `.repeat(i % 40))
}

function makeTimes(directory: string): void {
  fs.mkdirSync(directory)
  const instants = {
    // of a year in which no local time is off by seconds any more, which the format cannot say
    before: -500_000_000_999_999_999n,
    epoch: 0n,
    odd: 1_000_000_001_234_567_891n,
    summer: 1_720_000_000n * 1_000_000_000n,
    whole: 1_700_000_000n * 1_000_000_000n,
    late: 7_258_118_400_000_000_000n,
  }
  for (const [name, ns] of Object.entries(instants)) {
    fs.writeFileSync(`${directory}/${name}`, name)
    setTimes(`${directory}/${name}`, ns, ns)
  }
  fs.symlinkSync('odd', `${directory}/link`)
  fs.lutimesSync(`${directory}/link`, 123_456_789, 123_456_789)
  fs.utimesSync(directory, 86_400, 86_400)
}

function makePrivileged(directory: string): void {
  fs.mkdirSync(directory)
  fs.writeFileSync(`${directory}/owned`, 'of somebody else')
  fs.lchownSync(`${directory}/owned`, 12_345, 54_321)
  makeSpecialFile(`${directory}/character-device`, 'chardev', 0o600, 0x103n)
  makeSpecialFile(`${directory}/block-device`, 'dev', 0o660, 0x700n)
}

/** Names and links that versions of restic write down differently: the ids of the trees differ, what is restored does not. */
export function makeExoticTree(root: string): void {
  fs.mkdirSync(root)
  for (const name of [
    'back\bspace',
    'form\ffeed',
    'bell\x07',
    '\u00a0',
    '\u202e',
    '\ufffd',
    '\ufeff',
    '\u{1fae8}',
    '\u{e0001}',
  ]) {
    fs.writeFileSync(`${root}/${name}`, name)
  }
}
