import type { FindingSubject, Observation } from './finding.ts'

/** "overdue:source/shop", "log-gap:source/shop:0-A3": what makes two observations the same finding. */
export function findingKey({ kind, subject, about }: Pick<Observation, 'kind' | 'subject' | 'about'>): string {
  return [kind, subjectKey(subject), ...(about === undefined ? [] : [about])].join(':')
}

/** "source/shop", "source/shop+repository/offsite"; "holdfast" when it is about the installation itself. */
export function subjectKey({ application, source, repository }: FindingSubject): string {
  const parts = Object.entries({ application, source, repository }).flatMap(([kind, name]) =>
    name === undefined ? [] : [`${kind}/${name}`],
  )
  return parts.length === 0 ? 'holdfast' : parts.join('+')
}

/** For people: "source shop in repository offsite". */
export function subjectText({ application, source, repository }: FindingSubject): string {
  const first = [
    ...(application === undefined ? [] : [`application ${application}`]),
    ...(source === undefined ? [] : [`source ${source}`]),
  ].join(', ')
  if (repository === undefined) return first === '' ? 'Holdfast itself' : first
  return first === '' ? `repository ${repository}` : `${first} in repository ${repository}`
}
