import type { QueuedRecipient, WaitingSite } from '@/shared/api/types'
import { t } from '@/shared/i18n'

/** Why something waits, in a sentence: our own relay, what was said last, how it is with the site. */
export function whyOf({ reason, reply, trouble, site_reason: rests }: Pick<WaitingSite | QueuedRecipient, 'reason' | 'reply' | 'trouble' | 'site_reason'>): string {
  if (trouble) return t(`queue.trouble.${trouble}`)
  if (reason && reason !== 'unknown') return t(`reason.${reason}`)
  if (rests) return t(`queue.rests.${rests as 'slow'}`)
  return t(reply ? 'queue.whyUnknown' : 'queue.notTried')
}
