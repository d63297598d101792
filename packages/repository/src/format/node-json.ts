import { isUtf8 } from 'node:buffer'
import { isHexId, isJsonObject, JsonFields } from './json-fields.ts'
import { jsonString } from './json-string.ts'
import type { ExtendedAttribute, Node, NodeType } from './node.ts'
import { quoteName, unquoteName } from './node-name.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

const writtenTypes: ReadonlySet<string> = new Set<NodeType>([
  'file',
  'dir',
  'symlink',
  'dev',
  'chardev',
  'fifo',
  'socket',
  'irregular',
])

/** A node's JSON as restic writes it: keys in its order, zero values left out as Go does. */
export function encodeNode(node: Node): string {
  const { uid, gid, content } = node
  const times = [node.mtimeNs, node.atimeNs, node.ctimeNs].map(formatTimestamp)
  let json = `{"name":${quoteName(node.name)},"type":"${node.type}"`
  if (node.mode !== 0) json += `,"mode":${node.mode}`
  json += `,"mtime":"${times[0]}","atime":"${times[1]}","ctime":"${times[2]}","uid":${uid},"gid":${gid}`
  if (node.user !== '') json += `,"user":${jsonString(node.user)}`
  if (node.group !== '') json += `,"group":${jsonString(node.group)}`
  if (node.inode !== 0n) json += `,"inode":${node.inode}`
  if (node.deviceId !== 0n) json += `,"device_id":${node.deviceId}`
  if (node.size !== 0) json += `,"size":${node.size}`
  if (node.links !== 0) json += `,"links":${node.links}`
  json += encodeLinkTarget(node.linkTarget) + encodeAttributes(node)
  if (node.device !== 0n) json += `,"device":${node.device}`
  json += content === null ? ',"content":null' : `,"content":[${content.map((id) => `"${id}"`).join(',')}]`
  if (node.subtree !== undefined) json += `,"subtree":"${node.subtree}"`
  if (node.error !== '') json += `,"error":${jsonString(node.error)}`
  return `${json}}`
}

function encodeLinkTarget(target: Buffer | undefined): string {
  if (target === undefined || target.length === 0) return ''
  const lossy = `,"linktarget":${jsonString(target)}`
  return isUtf8(target) ? lossy : `${lossy},"linktarget_raw":"${target.toString('base64')}"`
}

function encodeAttributes({ extendedAttributes, genericAttributes }: Node): string {
  let json = ''
  if (extendedAttributes.length > 0) {
    const items = extendedAttributes.map(
      ({ name, value }) => `{"name":${jsonString(name)},"value":"${value.toString('base64')}"}`,
    )
    json += `,"extended_attributes":[${items.join(',')}]`
  }
  if (genericAttributes !== undefined) json += `,"generic_attributes":${JSON.stringify(genericAttributes)}`
  return json
}

/**
 * A node from its parsed JSON. Unknown keys are ignored.
 * @throws AppError REPOSITORY_DAMAGED, also for a name that could leave the directory it is restored to
 */
export function decodeNode(raw: unknown, objectName: string): Node {
  const fields = new JsonFields(raw, objectName)
  const linkTarget = decodeLinkTarget(fields)
  const generic = fields.has('generic_attributes') ? fields.object('generic_attributes').raw : undefined
  const subtree = fields.optionalId('subtree')
  return {
    name: decodeName(fields),
    type: decodeType(fields.text('type')),
    mode: fields.integer('mode', 0xffffffff),
    mtimeNs: decodeTime(fields, 'mtime'),
    atimeNs: decodeTime(fields, 'atime'),
    ctimeNs: decodeTime(fields, 'ctime'),
    uid: fields.integer('uid', 0xffffffff),
    gid: fields.integer('gid', 0xffffffff),
    user: fields.text('user'),
    group: fields.text('group'),
    inode: fields.bigInteger('inode'),
    deviceId: fields.bigInteger('device_id'),
    size: fields.integer('size'),
    links: fields.integer('links'),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    extendedAttributes: fields.array('extended_attributes').map((item) => decodeExtendedAttribute(fields, item)),
    ...(generic === undefined ? {} : { genericAttributes: generic }),
    device: fields.bigInteger('device'),
    content: decodeContent(fields),
    ...(subtree === undefined ? {} : { subtree }),
    error: fields.text('error'),
  }
}

function decodeName(fields: JsonFields): Buffer {
  const quoted = fields.text('name')
  const name = unquoteName(quoted)
  if (name === undefined) throw fields.damaged(`the name ${JSON.stringify(quoted)} is malformed`)
  // a name with a slash or the like would lead a restore out of its target
  if (name.includes(0) || name.includes(0x2f) || isEmptyOrDots(name)) {
    throw fields.damaged(`the name ${JSON.stringify(quoted)} is not allowed`)
  }
  return name
}

function isEmptyOrDots(name: Buffer): boolean {
  return name.length <= 2 && name.every((byte) => byte === 0x2e)
}

function decodeType(type: string): NodeType {
  return isWrittenType(type) ? type : 'unknown'
}

function isWrittenType(type: string): type is NodeType {
  return writtenTypes.has(type)
}

function decodeTime(fields: JsonFields, name: string): bigint {
  const text = fields.optionalText(name)
  if (text === undefined) return 0n
  const time = parseTimestamp(text)
  if (time === undefined) throw fields.damaged(`${name} is not a time`)
  return time.ns
}

function decodeLinkTarget(fields: JsonFields): Buffer | undefined {
  const raw = fields.optionalBytes('linktarget_raw')
  if (raw !== undefined && raw.length > 0) return raw
  const text = fields.text('linktarget')
  return text === '' ? undefined : Buffer.from(text)
}

function decodeExtendedAttribute(fields: JsonFields, raw: unknown): ExtendedAttribute {
  if (!isJsonObject(raw)) throw fields.damaged('extended_attributes holds something other than objects')
  const attribute = fields.sibling(raw)
  return { name: Buffer.from(attribute.text('name')), value: attribute.optionalBytes('value') ?? Buffer.alloc(0) }
}

function decodeContent(fields: JsonFields): readonly string[] | null {
  if (!fields.has('content')) return null
  return fields.array('content').map((id) => {
    if (isHexId(id)) return id
    throw fields.damaged('content holds something other than ids')
  })
}
