import type { RetentionRule } from '@/shared/api/types'
import type { Rule } from './data'

export type Place = RetentionRule['place']

/** Folders of these uses, those that members made, and all without a rule of their own. */
export const PLACES: readonly Place[] = ['inbox', 'sent', 'drafts', 'archive', 'own', 'junk', 'trash', 'all']

/** In which the days count from when a mail was put there. */
export const BY_PLACING: readonly Place[] = ['junk', 'trash']

/** As the select knows it: `as-all` is no rule, `never` takes nothing. */
export type Span = 'as-all' | 'never' | `${number}`

const USUAL_DAYS = [7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825, 2190, 3650]
const YEAR = 365

export function spanOf(rules: readonly Rule[], place: Place): Span {
  const rule = rules.find((each) => each.place === place)
  if (!rule) return place === 'all' ? 'never' : 'as-all'
  return rule.days === null ? 'never' : `${rule.days}`
}

/** These rules with another for one place. */
export function withSpan(rules: readonly Rule[], place: Place, span: Span): Rule[] {
  const others = rules.filter((each) => each.place !== place)
  if (span === 'as-all' || (span === 'never' && place === 'all')) return others
  return [...others, { place, days: span === 'never' ? null : Number(span) }]
}

/** The spans on offer; one that was set elsewhere is among them. */
export function spansFor(place: Place, now: Span): Span[] {
  const set = Number(now)
  const days = [...new Set([...USUAL_DAYS, ...(set > 0 ? [set] : [])])].sort((one, other) => one - other)
  return [...(place === 'all' ? [] : (['as-all'] as const)), 'never', ...days.map((each): Span => `${each}`)]
}

/** Whole years are told as years. */
export function yearsOf(days: number): number | null {
  return days % YEAR === 0 ? days / YEAR : null
}

/** Whether both say the same, in whatever order. */
export function same(one: readonly Rule[], other: readonly Rule[]): boolean {
  return PLACES.every((place) => spanOf(one, place) === spanOf(other, place))
}
