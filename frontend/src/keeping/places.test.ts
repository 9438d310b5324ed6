import { expect, test } from 'vitest'
import { PLACES, same, spanOf, spansFor, withSpan, yearsOf } from './places'

test('without a rule all stays, and places are as everything else', () => {
  expect(spanOf([], 'all')).toBe('never')
  expect(spanOf([], 'trash')).toBe('as-all')
})

test.each(PLACES)('what is chosen for %s is what is shown', (place) => {
  for (const span of spansFor(place, '45')) expect(spanOf(withSpan([{ place, days: 3 }], place, span), place)).toBe(span)
})

test('a span that was set elsewhere can be chosen', () => {
  expect(spansFor('trash', '45')).toContain('45')
  expect(spansFor('trash', 'never')).not.toContain('45')
  expect(spansFor('all', 'never')).not.toContain('as-all')
})

test('rules are the same in any order', () => {
  const [trash, archive] = [{ place: 'trash', days: 30 } as const, { place: 'archive', days: null } as const]
  expect(same([trash, archive], [archive, trash])).toBe(true)
  expect(same([trash], [archive, trash])).toBe(false)
})

test('years are years', () => {
  expect([yearsOf(3650), yearsOf(365), yearsOf(400)]).toEqual([10, 1, null])
})
