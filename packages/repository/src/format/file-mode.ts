/** Bits of Go's os.FileMode, the numbers in which nodes carry their mode. */
const goModeBits = {
  permissions: 0o777,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  pipe: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  characterDevice: 2 ** 21,
  sticky: 2 ** 20,
  irregular: 2 ** 19,
} as const

/** The format part of st_mode and Go's bits for it. */
const formats: readonly (readonly [statFormat: number, goBits: number])[] = [
  [0o100000, 0],
  [0o040000, goModeBits.directory],
  [0o120000, goModeBits.symlink],
  [0o060000, goModeBits.device],
  [0o020000, goModeBits.device + goModeBits.characterDevice],
  [0o010000, goModeBits.pipe],
  [0o140000, goModeBits.socket],
]

const formatMask = 0o170000
const goFormatMask =
  goModeBits.directory +
  goModeBits.symlink +
  goModeBits.device +
  goModeBits.pipe +
  goModeBits.socket +
  goModeBits.characterDevice

/** Go's mode for a st_mode of lstat. */
export function goFileMode(stMode: number): number {
  const format = stMode & formatMask
  let mode = stMode & goModeBits.permissions
  if ((stMode & 0o4000) !== 0) mode += goModeBits.setuid
  if ((stMode & 0o2000) !== 0) mode += goModeBits.setgid
  if ((stMode & 0o1000) !== 0) mode += goModeBits.sticky
  if (format === 0o100000) return mode
  const known = formats.find(([statFormat]) => statFormat === format)
  return mode + (known === undefined ? goModeBits.irregular : known[1])
}

/** st_mode, file type included, for Go's mode. An irregular file has no type bits. */
export function statModeOf(goMode: number): number {
  let stMode = goMode & goModeBits.permissions
  if ((goMode & goModeBits.setuid) !== 0) stMode |= 0o4000
  if ((goMode & goModeBits.setgid) !== 0) stMode |= 0o2000
  if ((goMode & goModeBits.sticky) !== 0) stMode |= 0o1000
  if ((goMode & goModeBits.irregular) !== 0) return stMode
  const goFormat = (goMode & goFormatMask) >>> 0
  const known = formats.find(([, goBits]) => goBits === goFormat)
  return known === undefined ? stMode : stMode | known[0]
}
