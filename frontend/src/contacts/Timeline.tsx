import { useInfiniteQuery } from '@tanstack/react-query'
import type { Icon } from '@tabler/icons-react'
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconCalendarEvent,
  IconHistory,
  IconMail,
  IconNote,
  IconPaperclip,
  IconPhone,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { EventKind, TimelineEvent, WeekCount } from '@/shared/api/types'
import { t, type Key } from '@/shared/i18n'
import { clockTime, dayHeading, fullTime, monthName } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { classes } from '@/shared/widgets/classes'
import { fileNames } from '@/shared/widgets/FileName'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { timelineQuery, type Owner } from './data'
import { NoteForm } from './NoteForm'
import { OpenEvent } from './OpenEvent'
import { OpenNote } from './OpenNote'
import styles from './Timeline.module.css'

function iconOf(event: TimelineEvent): [Icon, Key] {
  if (event.kind === 'note') return [IconNote, 'kind.note']
  if (event.kind === 'call') return [IconPhone, 'kind.call']
  if (event.kind === 'meeting') return [IconCalendarEvent, 'kind.meeting']
  if (event.direction === 'in') return [IconArrowDownLeft, 'kind.received']
  return event.direction === 'out' ? [IconArrowUpRight, 'kind.sent'] : [IconMail, 'kind.mail']
}

interface Props {
  owner: Owner
  id: string
  /** In a side panel: no filter, no chart, tighter. */
  narrow?: boolean
}

/** Everything that happened with a contact or a company, newest day first. */
export function Timeline({ owner, id, narrow = false }: Props) {
  const [kind, setKind] = useState<EventKind | 'all'>('all')
  const Heading = narrow ? 'h4' : 'h2'
  const query = useInfiniteQuery(timelineQuery(owner, id, kind))
  const events = query.data?.pages.flatMap((page) => page.items) ?? []
  const [first] = query.data?.pages ?? []

  if (query.isError && events.length === 0) {
    return <Trouble what={t('timeline.failed')} error={query.error} onRetry={() => void query.refetch()} />
  }
  return (
    <div className={classes(styles.timeline, narrow && styles.narrow)}>
      {narrow ? null : (
        <>
          {first?.weeks ? <YearChart weeks={first.weeks} /> : query.isPending ? <Bone height={64} /> : null}
          <NoteForm owner={owner} id={id} />
          <Filter kind={kind} onChange={setKind} />
        </>
      )}
      {query.isPending ? (
        <Waiting>
          <div className={styles.bones}>
            <Bone width="30%" />
            <Bone width="86%" />
            <Bone width="72%" />
            <Bone width="80%" />
          </div>
        </Waiting>
      ) : events.length === 0 ? (
        <Empty icon={IconHistory} title={t(kind === 'all' ? 'timeline.empty' : 'timeline.emptyKind')} />
      ) : (
        byDay(events).map(([day, ofDay]) => (
          <section key={day} className={styles.day}>
            <Heading className={styles.date}>{dayHeading(ofDay[0]?.at ?? '')}</Heading>
            <ol>
              {ofDay.map((event) => (
                <EventLine key={event.id} event={event} owner={owner} narrow={narrow} />
              ))}
            </ol>
          </section>
        ))
      )}
      {query.hasNextPage ? (
        <Button look="quiet" className={styles.more} busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('timeline.earlier')}
        </Button>
      ) : null}
    </div>
  )
}

function byDay(events: readonly TimelineEvent[]): [string, TimelineEvent[]][] {
  const days = new Map<string, TimelineEvent[]>()
  for (const event of events) {
    const day = new Date(event.at).toDateString()
    const ofDay = days.get(day)
    if (ofDay) ofDay.push(event)
    else days.set(day, [event])
  }
  return [...days]
}

function EventLine({ event, owner, narrow }: { event: TimelineEvent; owner: Owner; narrow: boolean }) {
  const [open, setOpen] = useState(false)
  const [Glyph, kind] = iconOf(event)
  const withheld = event.subject === null
  const note = event.kind !== 'mail'
  const opens = note ? !withheld : event.message_id !== null
  return (
    <li className={styles.event} data-direction={event.direction}>
      <button type="button" className={styles.line} disabled={!opens} aria-expanded={opens ? open : undefined} onClick={() => setOpen(!open)}>
        <span className={styles.icon}>
          <Glyph size={14} stroke={2} role="img" aria-label={t(kind)} />
        </span>
        <span className={styles.words}>
          <span className={styles.subject} data-withheld={withheld ? '' : undefined}>
            {withheld ? t('timeline.withheld') : event.subject || t(event.kind === 'mail' ? 'mail.noSubject' : kind)}
          </span>
          {event.summary && !(open && note) ? <span className={styles.summary}>{event.summary}</span> : null}
          {event.attachment_count > 0 ? (
            <span className={styles.files}>
              <IconPaperclip size={12} stroke={1.75} aria-hidden />
              <span className={styles.fileNames}>{fileNames(event.attachments, t('common.comma')) || event.attachment_count}</span>
            </span>
          ) : null}
        </span>
        <span className={styles.meta}>
          <time dateTime={event.at} title={fullTime(event.at)}>
            {clockTime(event.at)}
          </time>
          {narrow ? null : <span className={styles.by}>{byWhom(event, owner)}</span>}
        </span>
      </button>
      {open ? note ? <OpenNote event={event} /> : <OpenEvent event={event} /> : null}
    </li>
  )
}

/** On a company's page the contact says more than our member. */
function byWhom(event: TimelineEvent, owner: Owner): string {
  const [contact] = event.contacts
  return (owner === 'companies' && contact ? contact.name : event.member?.name) ?? ''
}

const FILTERS: readonly (EventKind | 'all')[] = ['all', 'mail', 'note', 'call', 'meeting']

function Filter({ kind, onChange }: { kind: EventKind | 'all'; onChange: (kind: EventKind | 'all') => void }) {
  return (
    <div className={styles.filter} role="group" aria-label={t('timeline.filter')}>
      {FILTERS.map((each) => (
        <button key={each} type="button" className={styles.chip} aria-pressed={kind === each} onClick={() => onChange(each)}>
          {t(`kind.${each}`)}
        </button>
      ))}
    </div>
  )
}

/** How much was written each week of the last year: theirs up, ours down. */
function YearChart({ weeks }: { weeks: readonly WeekCount[] }) {
  const most = Math.max(1, ...weeks.map((week) => Math.max(week.received, week.sent)))
  const received = weeks.reduce((sum, week) => sum + week.received, 0)
  const sent = weeks.reduce((sum, week) => sum + week.sent, 0)
  return (
    <figure className={styles.chart}>
      <div className={styles.bars} aria-hidden>
        {weeks.map((week, index) => {
          const date = new Date(`${week.week}T00:00:00`)
          const newMonth = index > 0 && date.getDate() <= 7 && index < weeks.length - 2
          return (
            <div key={week.week} className={styles.week} title={t('timeline.week', { date: dayHeading(date.toISOString()), received: week.received, sent: week.sent })}>
              <span className={styles.up} style={{ height: barHeight(week.received, most) }} />
              <span className={styles.down} style={{ height: barHeight(week.sent, most) }} />
              {newMonth ? <span className={styles.month}>{monthName(date)}</span> : null}
            </div>
          )
        })}
      </div>
      <figcaption className={styles.caption}>
        <span className={styles.theirs}>{t('timeline.received', { count: received })}</span>
        <span className={styles.ours}>{t('timeline.sent', { count: sent })}</span>
      </figcaption>
    </figure>
  )
}

/** One mail in a year must still be seen. */
function barHeight(count: number, most: number): string {
  return count === 0 ? '0' : `${Math.max(2, (count / most) * 24)}px`
}
