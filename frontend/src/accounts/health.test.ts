import { expect, test } from 'vitest'
import type { LinkedAccount } from '@/shared/api/types'
import { isUnderWay, shareOf, standingOf, worstFirst } from './health'

const ACCOUNT: LinkedAccount = {
  id: '1',
  mailbox_id: '2',
  member_id: '3',
  kind: 'imap',
  address: 'anna@kunde.example',
  state: 'active',
  error: null,
  error_said: '',
  failing_since: null,
  behind: false,
  linked_at: '2026-11-23T08:00:00Z',
  last_visit_at: null,
  last_new_at: null,
  history_done_at: null,
  counts: { there: 0, waiting: 0, stored: 0, filtered: 0, failed: 0 },
}
const DONE = { ...ACCOUNT, history_done_at: '2026-11-23T09:00:00Z' }

test('a first sync is one until all of it was brought', () => {
  expect(standingOf(ACCOUNT)).toBe('syncing')
  expect(standingOf(DONE)).toBe('good')
  expect(standingOf({ ...ACCOUNT, state: 'locked' })).toBe('locked')
})

test('how far it is shows only when the server has said how much there is', () => {
  expect(shareOf(ACCOUNT)).toBeNull()
  expect(shareOf({ ...ACCOUNT, counts: { ...ACCOUNT.counts, there: 200, waiting: 50 } })).toBe(0.75)
})

test('what waits is looked at more often', () => {
  expect(isUnderWay(DONE)).toBe(false)
  expect(isUnderWay({ ...DONE, counts: { ...DONE.counts, there: 9, waiting: 1 } })).toBe(true)
  expect(isUnderWay({ ...DONE, state: 'failing' })).toBe(true)
  expect(isUnderWay({ ...DONE, state: 'paused', counts: { ...DONE.counts, there: 9, waiting: 1 } })).toBe(false)
})

test('what needs a person stands on top', () => {
  const locked = { ...DONE, state: 'locked' as const, address: 'z@kunde.example' }
  expect([DONE, ACCOUNT, locked].sort(worstFirst)).toEqual([locked, ACCOUNT, DONE])
})
