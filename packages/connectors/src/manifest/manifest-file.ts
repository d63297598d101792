import { ManifestFields } from './manifest-fields.ts'

/** What the `manifest.json` of every backup of a server begins with. */
export interface ManifestHead<Type extends string, Method extends string> {
  readonly formatVersion: 1
  /** the source's name, as in the paths beside the manifest: "<type>/<source>/…" */
  readonly source: string
  readonly type: Type
  readonly method: Method
  /** what made the backup */
  readonly tool: { readonly name: string; readonly version: string }
}

/** The file as it is stored: indented, so that a person who restored it with restic can read it. */
export function formatManifest(manifest: ManifestHead<string, string>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`)
}

/**
 * Reads `manifest.json`. Fails with BACKUP_MANIFEST_INVALID, naming the field, when it is damaged, of another kind, or of a
 * newer format.
 */
export function openManifest<Type extends string, Method extends string>(
  bytes: Uint8Array,
  type: Type,
  methods: readonly Method[],
): { readonly head: ManifestHead<Type, Method>; readonly fields: ManifestFields } {
  const fields = ManifestFields.parse(bytes, 'manifest.json')
  const formatVersion = fields.integer('formatVersion')
  if (formatVersion !== 1) throw fields.invalid(`it has format version ${formatVersion}, and 1 is supported`)
  const tool = fields.object('tool')
  const head = {
    formatVersion,
    source: fields.text('source'),
    type: fields.oneOf('type', [type]),
    method: fields.oneOf('method', methods),
    tool: { name: tool.text('name'), version: tool.text('version') },
  } as const
  return { head, fields }
}
