/**
 * The collation of another family that tells apart what this one tells apart, as far as there is one: MySQL's are of Unicode
 * 9.0 and do not pad (utf8mb4_0900_ai_ci), MariaDB's of Unicode 14 and do (utf8mb4_uca1400_ai_ci) or do not (…_nopad_…).
 * Sources: MySQL manual, "Unicode Character Sets"; MariaDB, "Supported Character Sets and Collations".
 */
export function matchCollation(name: string, known: ReadonlySet<string>): string | undefined {
  const wanted = candidates(name.toLowerCase())
  return wanted.find((one) => known.has(one))
}

function candidates(name: string): readonly string[] {
  if (name === 'utf8mb4_0900_bin') return ['utf8mb4_nopad_bin', 'utf8mb4_bin']
  const ofMysql = /^utf8mb4_(?:[a-z0-9]+_)*?0900_(ai_ci|as_ci|as_cs)(?:_ks)?$/.exec(name)?.[1]
  if (ofMysql !== undefined) {
    return [`utf8mb4_uca1400_nopad_${ofMysql}`, `utf8mb4_uca1400_${ofMysql}`, ...older('utf8mb4', ofMysql)]
  }
  const [, characterSet = '', strength] =
    /^(utf8mb[34])_uca1400_(?:[a-z0-9]+_)*?(ai_ci|ai_cs|as_ci|as_cs)$/.exec(name) ?? []
  if (strength !== undefined) {
    // what tells case apart but not accents is only in MariaDB: telling more apart never makes two rows equal
    const own = strength === 'ai_cs' ? 'as_cs' : strength
    return [...(characterSet === 'utf8mb4' ? [`utf8mb4_0900_${own}`] : []), ...older(characterSet, own)]
  }
  const padding = /^(\w+?)_nopad_bin$/.exec(name)?.[1] ?? /^(\w+)_nopad_ci$/.exec(name)?.[1]
  if (padding === undefined) return []
  return name.endsWith('_bin') ? [`${padding}_bin`] : [`${padding}_ci`]
}

function older(characterSet: string, strength: string): readonly string[] {
  return strength === 'ai_ci' ? [`${characterSet}_unicode_520_ci`] : [`${characterSet}_bin`]
}
