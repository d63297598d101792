/** A message as it is sent: type letter, length, body. */
export function clientMessage(type: string, ...body: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    header(
      type,
      body.reduce((sum, part) => sum + part.length, 0),
    ),
    ...body,
  ])
}

function header(type: string, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write(type, 0, 'latin1')
  bytes.writeInt32BE(bodyBytes + 4, 1)
  return bytes
}

export function textMessage(type: string, text: string): Buffer {
  return clientMessage(type, Buffer.from(`${text}\0`))
}

/** The header of a CopyData message of this size, so that large data need not be copied behind it. */
export function copyDataHeader(sizeBytes: number): Buffer {
  return header('d', sizeBytes)
}

/** The first message of a session, protocol 3.0. */
export function startupMessage(parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('')
  return untypedMessage(196_608, Buffer.from(`${pairs}\0`))
}

/** Asks for TLS, before anything else. */
export function tlsRequest(): Buffer {
  return untypedMessage(80_877_103)
}

export interface CancelKey {
  readonly processId: number
  readonly secret: Buffer
}

export function cancelRequest({ processId, secret }: CancelKey): Buffer {
  const process = Buffer.alloc(4)
  process.writeInt32BE(processId)
  return untypedMessage(80_877_102, process, secret)
}

function untypedMessage(code: number, ...body: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.reduce((sum, part) => sum + part.length, 0), 0)
  head.writeInt32BE(code, 4)
  return Buffer.concat([head, ...body])
}
