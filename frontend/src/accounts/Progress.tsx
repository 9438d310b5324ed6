import type { LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import styles from './Accounts.module.css'
import { shareOf } from './health'

/** How much of what the server has is here; a quiet bar that only grows. */
export function Progress({ account }: { account: LinkedAccount }) {
  const share = shareOf(account)
  if (share === null) return null
  const percent = Math.floor(share * 100)
  return (
    <div role="progressbar" aria-label={t('accounts.progress')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className={styles.track}>
      <span className={styles.filled} style={{ width: `${percent}%` }} />
    </div>
  )
}
