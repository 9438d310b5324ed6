import { beforeAll, describe, expect, test } from 'vitest'
import { speak } from '@/shared/i18n'
import { FIELDS, TESTS, actionsInWords, conditionsInWords, contradicts, isComplete, moved, newAction, newCondition, newRule, withField, wordsIn } from './parts'

describe('rules in words', () => {
  beforeAll(() => speak('en'))

  test('a rule is told in one line', () => {
    const rule = {
      ...newRule(),
      conditions: [
        { ...newCondition('subject'), values: ['Invoice', '发票'] },
        { ...newCondition('size'), size: 2048 },
      ],
      actions: [newAction('move', 'Bills'), newAction('stop')],
    }
    expect(conditionsInWords(rule)).toBe('Subject contains “Invoice” or “发票” and Size over 2 MB')
    expect(actionsInWords(rule, [])).toBe('move to Bills, no further rules')
  })

  test('people, attachments and moments have words of their own', () => {
    const rule = {
      ...newRule(),
      conditions: [
        { ...newCondition('known'), test: 'exists_not' as const },
        newCondition('me', ['anna@acme.example']),
        { ...newCondition('attachment'), test: 'contains' as const, values: ['.exe'] },
        newCondition('weekday'),
        newCondition('time'),
        { ...newCondition('day'), values: ['2026-12-01'] },
      ],
      actions: [newAction('keyword', 'Late'), newAction('notify', 'ben@acme.example')],
    }
    expect(conditionsInWords(rule)).toBe(
      'Whoever wrote it is a stranger and Your address is in To or Cc and Attachment has a name with “.exe” and Day of the week is Sat, Sun and Time of day is not before 18:00 and Day it comes is not before Dec 1, 2026',
    )
    expect(actionsInWords(rule, [])).toBe('add keyword Late, notify ben@acme.example')
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

test('a rule is complete when nothing is left to say', () => {
  const act = (action: ReturnType<typeof newAction>) => isComplete({ ...newRule(), conditions: [], actions: [action] })
  expect(act(newAction('keyword', 'Late'))).toBe(true)
  expect(act(newAction('keyword', '客户'))).toBe(false)
  expect(act(newAction('notify'))).toBe(false)
  const ask = (condition: ReturnType<typeof newCondition>) => isComplete({ ...newRule(), conditions: [condition], actions: [newAction('stop')] })
  expect(ask(newCondition('day'))).toBe(false)
  expect(ask({ ...newCondition('weekday'), values: [] })).toBe(false)
  expect(ask(newCondition('me', ['anna@acme.example']))).toBe(true)
  expect(contradicts({ ...newRule(), actions: [newAction('notify', 'a@b.example'), newAction('discard')] })).toBe(false)
})

test('another field asks only what it can', () => {
  for (const from of FIELDS) {
    for (const to of FIELDS) expect(TESTS[to]).toContain(withField({ ...newCondition(from), test: TESTS[from].at(-1) ?? 'is' }, to).test)
  }
})
