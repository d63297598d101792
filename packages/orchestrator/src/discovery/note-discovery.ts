import type { MarkStore } from '../catalogue/catalogue.ts'
import type { Discovery } from './discovery.ts'
import { placeText } from './place-text.ts'

/**
 * What findings are made of, by mark: `discovered/<host>/<what>` → { title, detail }. Services that no source protects,
 * and set-ups that lose data; volumes without protection are among the latter.
 */
export function discoveredMarks({ services, hazards }: Discovery, host: string): Map<string, string> {
  const marks = new Map<string, string>()
  const note = (what: string, title: string, detail: string): void => {
    marks.set(`${prefixOf(host)}${what}`, JSON.stringify({ title, detail }))
  }
  for (const { kind, name, found, protectedBy } of services) {
    if (protectedBy !== undefined) continue
    const detail = `On ${host}, ${placeText(found)}, and no source of the configuration backs it up. \`holdfast setup\` writes one that does; \`holdfast discover\` shows all that was found. When it holds nothing of worth, acknowledge this, or switch the search off with \`server.discovery: off\`.`
    note(`${kind}:${name}`, `${kind} ${name} on ${host} is not protected`, detail)
  }
  for (const { kind, severity, subject, message, advice } of hazards) {
    if (severity !== 'info') note(`${kind}:${subject}`, `${subject} on ${host} ${message}`, `${advice}.`)
  }
  return marks
}

/** Makes the marks of a host those of its newest discovery. Those of other hosts are theirs. */
export async function noteDiscovery(
  marks: MarkStore,
  host: string,
  discovered: ReadonlyMap<string, string>,
): Promise<void> {
  const known = await marks.list(prefixOf(host))
  for (const key of known.keys()) if (!discovered.has(key)) await marks.remove(key)
  for (const [key, value] of discovered) if (known.get(key) !== value) await marks.set(key, value)
}

function prefixOf(host: string): string {
  return `discovered/${host}/`
}
