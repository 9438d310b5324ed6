import type { Icon } from '@tabler/icons-react'
import { IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react'
import type { ReportSource } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { share } from './data'
import styles from './DomainReports.module.css'

const GLYPHS: Record<ReportSource['state'], Icon> = { good: IconCircleCheck, advice: IconInfoCircle, bad: IconCircleX }

/** Who sends in the domain's name: how much, as whom, and what to do about it. */
export function Sources({ sources, more }: { sources: readonly ReportSource[]; more: number }) {
  return (
    <>
      <h4 className={styles.title}>{t('reports.sources')}</h4>
      <ul className={styles.rows} aria-label={t('reports.sources')}>
        {sources.map((source) => (
          <Source key={source.address} source={source} />
        ))}
      </ul>
      {more > 0 ? <p className={styles.hint}>{t('reports.moreSources', { count: more })}</p> : null}
    </>
  )
}

function Source({ source }: { source: ReportSource }) {
  const Glyph = GLYPHS[source.state]
  const held = source.quarantined + source.rejected
  return (
    <li className={styles.row} data-state={source.state}>
      <Glyph size={18} stroke={1.75} role="img" aria-label={t(`reports.state.${source.state}`)} className={styles.glyph} />
      <div className={styles.words}>
        <p className={styles.address}>{source.address}</p>
        {source.proofs.length > 0 ? <p className={styles.small}>{t('reports.who', { domains: source.proofs.join(t('common.comma')) })}</p> : null}
        <p className={styles.advice}>{t(`reports.finding.${source.finding}`, { domains: source.proofs.join(t('common.comma')) })}</p>
      </div>
      <dl className={styles.figures}>
        <dt className={styles.count}>{t('reports.mails', { count: source.messages })}</dt>
        <dd>
          <span className={styles.bar} aria-hidden>
            <span style={{ width: `${share(source.passed, source.messages)}%` }} />
          </span>
          {t('reports.shares', { dkim: share(source.dkim, source.messages), spf: share(source.spf, source.messages) })}
          {held > 0 ? <span className={styles.held}>{t('reports.held', { count: held })}</span> : null}
        </dd>
      </dl>
    </li>
  )
}
