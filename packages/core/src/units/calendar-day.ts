/** Whether there is such a day: JavaScript takes the 31st of a shorter month for a day of the next. `month`: from 1. */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
