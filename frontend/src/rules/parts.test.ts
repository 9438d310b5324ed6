import { beforeAll, describe, expect, test } from 'vitest'
import { speak } from '@/shared/i18n'
import { FIELDS, TESTS, actionsInWords, conditionsInWords, moved, newCondition, newRule, withField, wordsIn } from './parts'

describe('rules in words', () => {
  beforeAll(() => speak('en'))

  test('a rule is told in one line', () => {
    const rule = {
      ...newRule(),
      conditions: [
        { ...newCondition('subject'), values: ['Invoice', '发票'] },
        { ...newCondition('size'), size: 2048 },
      ],
      actions: [{ kind: 'move' as const, value: 'Bills' }, { kind: 'stop' as const, value: '' }],
    }
    expect(conditionsInWords(rule)).toBe('Subject contains “Invoice” or “发票” and Size over 2 MB')
    expect(actionsInWords(rule, [])).toBe('move to Bills, no further rules')
  })

  test('without conditions it is for every mail', () => {
    expect(conditionsInWords({ ...newRule(), conditions: [] })).toBe('Every mail')
  })
})

test('words are parted by commas of either language', () => {
  expect(wordsIn(' a,b，c ；\n d;')).toEqual(['a', 'b', 'c', 'd'])
})

test('something moves up and down', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a'], 3, 0)).toEqual(['a'])
})

test('another field asks only what it can', () => {
  for (const from of FIELDS) {
    for (const to of FIELDS) expect(TESTS[to]).toContain(withField({ ...newCondition(from), test: TESTS[from].at(-1) ?? 'is' }, to).test)
  }
})
