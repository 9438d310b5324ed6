import { IconCircleX } from '@tabler/icons-react'
import type { ReportFailure } from '@/shared/api/types'
import { isKey, t } from '@/shared/i18n'
import styles from './DomainReports.module.css'

/** Why senders could not reach the domain's servers as its policy demands. */
export function Failures({ failures, total }: { failures: readonly ReportFailure[]; total: number }) {
  if (total === 0) return <p className={styles.hint}>{t('reports.noFailures')}</p>
  return (
    <ul className={styles.rows} aria-label={t('reports.failedSessions')}>
      {failures.map((failure) => (
        <li key={failure.outcome} className={styles.row} data-state="bad">
          <IconCircleX size={18} stroke={1.75} aria-hidden className={styles.glyph} />
          <div className={styles.words}>
            <p>{wordsOf(failure.outcome)}</p>
            {failure.hosts.length > 0 ? <p className={styles.address}>{failure.hosts.join(t('common.comma'))}</p> : null}
          </div>
          <p className={styles.count}>{t('reports.number', { count: failure.sessions })}</p>
        </li>
      ))}
    </ul>
  )
}

function wordsOf(outcome: string): string {
  const key = `reports.outcome.${outcome}`
  return isKey(key) ? t(key) : t('reports.outcome.other')
}
