import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { IconArrowLeft, IconReportAnalytics } from '@tabler/icons-react'
import { useState } from 'react'
import type { DomainReports as Reports, MailDay, SessionDay } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { plainDay } from '@/shared/i18n/format'
import { Segmented } from '@/shared/widgets/Field'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { DayBars, DayShares, type Series, type Tone } from './DayChart'
import { SPANS, daysBetween, letThrough, reportsQuery, sumOf, type Span } from './data'
import { Failures } from './Failures'
import { Sources } from './Sources'
import styles from './DomainReports.module.css'

/** What others report on a domain: who sends in its name, how that fares, how its servers are reached. */
export function DomainReports({ domain }: { domain: string }) {
  const [span, setSpan] = useState<Span>('30')
  const query = useQuery(reportsQuery(domain, span))
  return (
    <>
      <Link to="/settings/$section" params={{ section: 'domains' }} className={styles.back}>
        <IconArrowLeft size={16} stroke={1.75} aria-hidden />
        {t('settings.domains')}
      </Link>
      <div className={styles.head}>
        <p className={styles.hint}>{t('reports.hint')}</p>
        <Segmented label={t('reports.span')} value={span} onChange={setSpan} choices={SPANS.map((days) => ({ value: days, label: t('time.days', { count: Number(days) }) }))} />
      </div>
      {query.isPending ? <Bones /> : null}
      {query.isError ? <Trouble what={t('reports.failed')} error={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.data ? <Told reports={query.data} /> : null}
    </>
  )
}

function Told({ reports }: { reports: Reports }) {
  if (reports.reporters.length === 0) return <Nothing reports={reports} />
  const days = daysBetween(reports.since, reports.until)
  return (
    <>
      <Mail days={days} reports={reports} />
      <Connections days={days} reports={reports} />
      <section aria-label={t('reports.reporters')}>
        <h3 className={styles.subheading}>{t('reports.reporters')}</h3>
        <ul className={styles.reporters}>
          {reports.reporters.map((reporter) => (
            <li key={reporter.name}>
              <bdi>{reporter.name || t('reports.unnamed')}</bdi>{' '}
              <span className={styles.small}>{t('reports.sent', { count: reporter.reports, day: plainDay(reporter.last_day) })}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

function Mail({ days, reports }: { days: readonly string[]; reports: Reports }) {
  const rows = reports.mail_days
  if (rows.length === 0) return null
  const counted = (count: (day: MailDay) => number) => new Map(rows.map((day) => [day.day, count(day)]))
  const series = (label: string, tone: Tone, count: (day: MailDay) => number): Series => ({ label, tone, counts: counted(count) })
  return (
    <section aria-label={t('reports.mail')}>
      <h3 className={styles.subheading}>{t('reports.mail')}</h3>
      <DayBars
        title={t('reports.became')}
        days={days}
        series={[
          series(t('reports.passed'), 'good', (day) => day.passed),
          series(t('reports.letThrough'), 'warn', letThrough),
          series(t('reports.quarantined'), 'held', (day) => day.quarantined),
          series(t('reports.rejected'), 'other', (day) => day.rejected),
        ]}
      />
      <DayShares
        title={t('reports.proofs')}
        days={days}
        whole={counted((day) => day.messages)}
        series={[series('DKIM', 'good', (day) => day.dkim), series('SPF', 'other', (day) => day.spf)]}
      />
      <Sources sources={reports.sources} more={reports.more_sources} />
    </section>
  )
}

function Connections({ days, reports }: { days: readonly string[]; reports: Reports }) {
  const rows = reports.session_days
  if (rows.length === 0) return null
  const counted = (count: (day: SessionDay) => number) => new Map(rows.map((day) => [day.day, count(day)]))
  return (
    <section aria-label={t('reports.connections')}>
      <h3 className={styles.subheading}>{t('reports.connections')}</h3>
      <DayBars
        title={t('reports.sessions')}
        days={days}
        series={[
          { label: t('reports.succeeded'), tone: 'good', counts: counted((day) => day.succeeded) },
          { label: t('reports.failedSessions'), tone: 'bad', counts: counted((day) => day.failed) },
        ]}
      />
      <Failures failures={reports.failures} total={sumOf(rows, (day) => day.failed)} />
    </section>
  )
}

/** No report: because none is asked for, or because none has come yet. */
function Nothing({ reports }: { reports: Reports }) {
  return (
    <Empty icon={IconReportAnalytics} title={t('reports.none')}>
      <p className={styles.hint}>
        {reports.addresses.length > 0 ? t('reports.noneYet', { addresses: reports.addresses.join(t('common.comma')) }) : t('reports.noneAsked', { domain: reports.domain })}
      </p>
    </Empty>
  )
}

function Bones() {
  return (
    <Waiting>
      <div className={styles.bones}>
        <Bone height={140} />
        <Bone height={140} />
        <Bone height={48} />
        <Bone height={48} />
      </div>
    </Waiting>
  )
}
