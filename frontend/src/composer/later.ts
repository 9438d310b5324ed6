export interface Moment {
  key: 'later.evening' | 'later.tomorrow' | 'later.monday'
  at: Date
}

function atHour(day: Date, hour: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour)
}

/** The moments that people mean: this evening, tomorrow morning, Monday morning; only those still to come. */
export function moments(now: Date): Moment[] {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  const daysToMonday = (8 - now.getDay()) % 7 || 7
  const monday = new Date(now.getFullYear(), now.getMonth(), now.getDate() + daysToMonday)
  const all: Moment[] = [
    { key: 'later.evening', at: atHour(now, 18) },
    { key: 'later.tomorrow', at: atHour(tomorrow, 9) },
    { key: 'later.monday', at: atHour(monday, 9) },
  ]
  return all.filter((each, index) => each.at.getTime() > now.getTime() + 15 * 60_000 && !(index === 2 && daysToMonday === 1))
}

/** The value of a `datetime-local` field, in the reader's zone. */
export function fieldValue(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}
