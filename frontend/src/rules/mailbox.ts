import { useSearch } from '@tanstack/react-router'
import { mailboxOf, useMe } from '@/shared/api/me'
import type { Mailbox } from '@/shared/api/types'

/** Mailboxes whose rules one may change: those that one reads and writes in full. */
export function useRuled(): Mailbox[] {
  return useMe().mailboxes.filter((mailbox) => mailbox.level === 'full' && mailbox.may_write)
}

/** The one the address bar names, else one's own. */
export function useRuledMailbox(): Mailbox | undefined {
  const { mailbox } = useSearch({ strict: false })
  const me = useMe()
  const ruled = useRuled()
  const named = mailbox ? mailboxOf(me, mailbox) : undefined
  return ruled.find((each) => each.id === named?.id) ?? ruled[0]
}
