import type { Icon } from '@tabler/icons-react'
import { IconAlertTriangle, IconCircleCheck, IconLock, IconPlayerPause, IconRefresh } from '@tabler/icons-react'
import type { LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { lasting, messageTime } from '@/shared/i18n/format'

/** How an account stands, for a person: what is to be done comes before what goes well. */
export type Standing = 'locked' | 'failing' | 'paused' | 'syncing' | 'good'

export const GLYPHS: Record<Standing, Icon> = {
  locked: IconLock,
  failing: IconAlertTriangle,
  paused: IconPlayerPause,
  syncing: IconRefresh,
  good: IconCircleCheck,
}

export function standingOf({ state, history_done_at: done }: LinkedAccount): Standing {
  if (state !== 'active') return state
  return done ? 'good' : 'syncing'
}

/** Mail is on its way, or it is tried again soon. */
export function isUnderWay(account: LinkedAccount): boolean {
  return ['syncing', 'failing'].includes(standingOf(account)) || (account.state === 'active' && account.counts.waiting > 0)
}

/** Of what the server has, how much is dealt with; null while it has not said how much that is. */
export function shareOf({ counts }: LinkedAccount): number | null {
  if (counts.there === 0) return null
  return Math.min(1, (counts.there - counts.waiting) / counts.there)
}

/** In a line: how it stands. */
export function standingWords(account: LinkedAccount): string {
  const { counts, failing_since: since, last_visit_at: visited } = account
  switch (standingOf(account)) {
    case 'locked':
      return t('accounts.locked')
    case 'paused':
      return t('accounts.paused')
    case 'failing':
      return since ? t('accounts.failing', { time: lasting(since) }) : t('accounts.failingNow')
    case 'syncing':
      return counts.there > 0 ? t('accounts.syncing', { done: counts.there - counts.waiting, all: counts.there }) : t('accounts.beginning')
    case 'good':
      if (counts.waiting > 0) return t('accounts.catchingUp', { count: counts.waiting })
      return visited ? t('accounts.inStep', { when: messageTime(visited) }) : t('accounts.inStepNow')
  }
}

const ORDER: Standing[] = ['locked', 'failing', 'paused', 'syncing', 'good']

/** What needs a person first. */
export function worstFirst(one: LinkedAccount, other: LinkedAccount): number {
  return ORDER.indexOf(standingOf(one)) - ORDER.indexOf(standingOf(other)) || one.address.localeCompare(other.address)
}
