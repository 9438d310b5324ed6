import { t } from '@/shared/i18n'

/** Whose relay stands for all mail of the workspace. */
export const EVERYBODY = '*'

/** A sender as a person reads it. */
export function senderName(sender: string): string {
  if (sender === EVERYBODY) return t('relays.everybody')
  return sender.includes('@') ? sender : t('relays.ofDomain', { domain: sender })
}
