import type { Context } from '@holdfast/core/context'
import type { BackupFinding } from './backup-manifest.ts'
import type { BackupRun } from './backup-run.ts'
import { serverPath } from './entry-path.ts'
import { parseRelationFile } from './page/relation-file.ts'
import { relationName } from './relation-names.ts'

/** Puts the relations' names to findings about their files, each file looked up once. */
export async function nameFindings(
  { target, facts, options }: BackupRun,
  findings: readonly BackupFinding[],
  ctx: Context,
): Promise<BackupFinding[]> {
  const names = new Map<string, string | undefined>()
  for (const { path, relation } of findings) {
    if (relation !== undefined || names.has(path)) continue
    const file = parseRelationFile(serverPath(options.source, path) ?? '')
    names.set(path, file === undefined ? undefined : await relationName(target, facts.databases, file, ctx))
  }
  return findings.map((finding) => {
    const relation = finding.relation ?? names.get(finding.path)
    return relation === undefined ? finding : { ...finding, relation }
  })
}
