import type { Usage } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import styles from './Keeping.module.css'

/** From here on a mailbox is told that it fills (in percent). */
const FILLING = 80
const FULL = 100

/** What a mailbox holds, in words, and as a bar where there is a limit. */
export function Meter({ usage }: { usage: Usage }) {
  const { limits, octets, messages, percent } = usage
  const size = limits.octets > 0 ? t('keeping.of', { used: fileSize(octets), limit: fileSize(limits.octets) }) : fileSize(octets)
  const count = limits.messages > 0 ? t('keeping.mailsOf', { count: messages, limit: limits.messages }) : t('keeping.mails', { count: messages })
  return (
    <div className={styles.usage}>
      <span className={styles.figures}>
        {size} · {count}
      </span>
      {limits.octets > 0 || limits.messages > 0 ? (
        <div
          role="meter"
          aria-label={t('keeping.full', { percent })}
          aria-valuemin={0}
          aria-valuemax={FULL}
          aria-valuenow={Math.min(percent, FULL)}
          className={styles.track}
        >
          <span className={styles.used} data-state={percent >= FULL ? 'full' : percent >= FILLING ? 'filling' : undefined} style={{ width: `${Math.min(percent, FULL)}%` }} />
        </div>
      ) : null}
    </div>
  )
}
