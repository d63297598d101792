/** Worker thread that opens index files and adds their blobs to the shared index. */
import { hash } from 'node:crypto'
import { open } from '../format/crypto.ts'
import { decodeUnpacked } from '../format/unpacked.ts'
import { fileLabel } from '../open/unpacked-files.ts'
import { BlobIndex } from './blob-index.ts'
import { addPacked, type LoadIndexJob, type LoadIndexResult, type LoadIndexSetup } from './load-index-job.ts'
import { packIndex } from './packed-index.ts'
import { releaseBuffer } from './release-buffer.ts'
import { answerJobs, openWorkerPort } from './worker-port.ts'

const { setup } = openWorkerPort<LoadIndexSetup, never>()
const key = {
  encrypt: Buffer.from(setup.key.encrypt),
  macK: Buffer.from(setup.key.macK),
  macR: Buffer.from(setup.key.macR),
}
const index = BlobIndex.attach(setup.index)

answerJobs<LoadIndexJob, LoadIndexResult>(({ name, bytes }) => {
  if (hash('sha256', bytes, 'hex') !== name) return { type: 'altered' }
  const label = fileLabel({ type: 'index', name })
  // megabytes each, and there may be hundreds: not left to the garbage collector
  const opened = open(key, bytes, label)
  releaseBuffer(bytes)
  const json = decodeUnpacked(opened, label)
  // version 1 is not compressed: then both are the same bytes
  if (json.buffer !== opened.buffer) releaseBuffer(opened)
  const packed = packIndex(json, label)
  releaseBuffer(json)
  return addPacked(index, packed)
})
