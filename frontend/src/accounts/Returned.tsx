import { useSearch } from '@tanstack/react-router'
import { isKey, t } from '@/shared/i18n'
import styles from './Accounts.module.css'

/** Back from a provider without an account, or with one that cannot send: why, and what to do. */
export function Returned() {
  const { consent, linked } = useSearch({ strict: false })
  if (!consent) return null
  return (
    <p role="alert" className={styles.notice} data-tone={linked ? 'amber' : 'red'}>
      {linked ? t('accounts.cannotSendNow') : null} {wordsOf(consent)}
    </p>
  )
}

/** What the server says of it in one word: a kind of error, or that it was too late. */
function wordsOf(consent: string): string {
  if (consent === 'late') return t('accounts.consentLate')
  if (consent === 'conflict') return t('accounts.linkedAlready')
  if (consent === 'consent') return t('accounts.consentRefused')
  const error = `accounts.error.${consent}`
  const help = `accounts.help.${consent}`
  return isKey(error) && isKey(help) ? `${t(error)} ${t(help)}` : t('accounts.error.ours')
}
