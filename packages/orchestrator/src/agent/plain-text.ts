/** Text from outside as it may be shown on a terminal and written into a log: what steers those becomes a blank. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, (found) => (/^\n+$/.test(found) ? found : ' '))
}
