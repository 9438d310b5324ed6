import { t } from '@/shared/i18n'
import { plainDay } from '@/shared/i18n/format'
import styles from './DayChart.module.css'
import { share, sumOf } from './data'

export type Tone = 'good' | 'warn' | 'held' | 'bad' | 'other'

/** One thing that is counted by day. */
export interface Series {
  label: string
  tone: Tone
  counts: ReadonlyMap<string, number>
}

interface BarsProps {
  title: string
  days: readonly string[]
  /** From the ground up. */
  series: readonly Series[]
}

const HEIGHT = 100

/** What was counted day by day, one on top of the other. The legend says it in numbers for those who see no chart. */
export function DayBars({ title, days, series }: BarsProps) {
  const all = (day: string) => sumOf(series, ({ counts }) => counts.get(day) ?? 0)
  const most = Math.max(1, ...days.map(all))
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.title}>{title}</figcaption>
      <div className={styles.drawing} aria-hidden>
        <span className={styles.most}>{t('reports.number', { count: most })}</span>
        <svg className={styles.svg} viewBox={`0 0 ${days.length} ${HEIGHT}`} preserveAspectRatio="none">
          {days.map((day, index) => (
            <g key={day}>
              <title>{[plainDay(day), ...series.map(({ label, counts }) => `${label} ${t('reports.number', { count: counts.get(day) ?? 0 })}`)].join(' · ')}</title>
              <rect className={styles.day} x={index} y={0} width={1} height={HEIGHT} />
              {stacked(series, day, most).map(({ tone, from, height }) => (
                <rect key={tone} className={styles[tone]} x={index + 0.12} y={HEIGHT - from - height} width={0.76} height={height} />
              ))}
            </g>
          ))}
        </svg>
        <Ends days={days} />
      </div>
      <ul className={styles.legend}>
        {series.map(({ label, tone, counts }) => (
          <li key={tone} className={styles.key}>
            <span className={styles.swatch} data-tone={tone} />
            {label} <strong>{t('reports.number', { count: sumOf([...counts.values()], Number) })}</strong>
          </li>
        ))}
      </ul>
    </figure>
  )
}

/** The parts of a day's bar; one mail among thousands must still be seen. */
function stacked(series: readonly Series[], day: string, most: number) {
  let from = 0
  return series.flatMap(({ tone, counts }) => {
    const count = counts.get(day) ?? 0
    if (count === 0) return []
    const part = { tone, from, height: Math.max(2, (count / most) * HEIGHT) }
    from += part.height
    return [part]
  })
}

interface LinesProps {
  title: string
  days: readonly string[]
  /** Of how many each day's count is a part. */
  whole: ReadonlyMap<string, number>
  series: readonly Series[]
}

/** Shares of a whole, day by day: a line through the days that there was anything. */
export function DayShares({ title, days, whole, series }: LinesProps) {
  const reported = days.map((day, index) => ({ day, at: index + 0.5 })).filter(({ day }) => (whole.get(day) ?? 0) > 0)
  const total = sumOf([...whole.values()], Number)
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.title}>{title}</figcaption>
      <div className={styles.drawing} aria-hidden>
        <span className={styles.most}>{t('reports.percent', { percent: 100 })}</span>
        <svg className={styles.svg} viewBox={`0 0 ${days.length} ${HEIGHT}`} preserveAspectRatio="none">
          {series.map(({ tone, counts }) => (
            <g key={tone}>
              <polyline
                className={styles.line}
                data-tone={tone}
                points={reported.map(({ day, at }) => `${at},${height(counts.get(day) ?? 0, whole.get(day) ?? 1)}`).join(' ')}
              />
              {reported.map(({ day, at }) => (
                <line key={day} className={styles.dot} data-tone={tone} x1={at} x2={at} y1={height(counts.get(day) ?? 0, whole.get(day) ?? 1)} y2={height(counts.get(day) ?? 0, whole.get(day) ?? 1)} />
              ))}
            </g>
          ))}
          {reported.map(({ day, at }) => (
            <rect key={day} className={styles.day} x={at - 0.5} y={0} width={1} height={HEIGHT}>
              <title>
                {[plainDay(day), ...series.map(({ label, counts }) => `${label} ${t('reports.percent', { percent: share(counts.get(day) ?? 0, whole.get(day) ?? 0) })}`)].join(' · ')}
              </title>
            </rect>
          ))}
        </svg>
        <Ends days={days} />
      </div>
      <ul className={styles.legend}>
        {series.map(({ label, tone, counts }) => (
          <li key={tone} className={styles.key}>
            <span className={styles.swatch} data-tone={tone} />
            {label} <strong>{t('reports.percent', { percent: share(sumOf([...counts.values()], Number), total) })}</strong>
          </li>
        ))}
      </ul>
    </figure>
  )
}

function height(part: number, whole: number): number {
  return HEIGHT - (part / whole) * (HEIGHT - 4) - 2
}

function Ends({ days }: { days: readonly string[] }) {
  return (
    <div className={styles.ends}>
      <span>{plainDay(days[0] ?? '')}</span>
      <span>{plainDay(days.at(-1) ?? '')}</span>
    </div>
  )
}
