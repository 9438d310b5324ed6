import type { Person } from '@/shared/api/types'
import { t } from '@/shared/i18n'

export function nameOf(person: Person): string {
  return person.name || person.address.split('@')[0] || t('mail.noSender')
}

/** How a person is called in a row of several: the first name in the West, the whole name in Chinese. */
function callName(person: Person): string {
  const name = nameOf(person)
  return /\p{Script=Han}/u.test(name) ? name : (name.split(/\s+/)[0] ?? name)
}

const TO_THE_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** A name among others: one that runs to the left keeps to itself, and does not move its neighbours (UAX #9, isolates). */
export function apart(name: string): string {
  return TO_THE_LEFT.test(name) ? `\u2068${name}\u2069` : name
}

/** 王伟 · Anna, Jörg, me. */
export function namesOf(people: readonly Person[], mine: ReadonlySet<string>): string {
  if (people.length === 0) return t('mail.noSender')
  const others = people.filter((person) => !mine.has(person.address.toLowerCase()))
  const shown = others.length > 0 ? others : people
  const [only] = shown
  if (shown.length === 1 && only) return others.length > 0 || people.length > 1 ? nameOf(only) : t('mail.me')
  return shown.map((person) => (mine.has(person.address.toLowerCase()) ? t('mail.me') : apart(callName(person)))).join(', ')
}
