import type { AppError } from '@holdfast/core/errors/app-error'

/** What went wrong, as a page. Words of others stand in it as words. */
export function renderTrouble({ message, hint }: Pick<AppError, 'message' | 'hint'>): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Not signed in – Holdfast</title>
<h1>Not signed in</h1>
<p>${escape(message)}</p>
<p>${escape(hint)}</p>
<p><a href="/">Back to Holdfast</a></p>
`
}

function escape(text: string): string {
  const entities = new Map([...'&<>"\''].map((letter) => [letter, `&#${letter.charCodeAt(0)};`]))
  return text.replace(/[&<>"']/g, (letter) => entities.get(letter) ?? '')
}
