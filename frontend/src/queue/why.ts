import type { QueuedRecipient, WaitingSite } from '@/shared/api/types'
import { t } from '@/shared/i18n'

/** Why something waits, in a sentence: by what was said last, else by how it is with the site. */
export function whyOf({ reason, reply, site_reason: rests }: Pick<WaitingSite | QueuedRecipient, 'reason' | 'reply' | 'site_reason'>): string {
  if (reason && reason !== 'unknown') return t(`reason.${reason}`)
  if (rests) return t(`queue.rests.${rests as 'slow'}`)
  return t(reply ? 'queue.whyUnknown' : 'queue.notTried')
}
