import { IconCheck, IconClock, IconPaperclip, IconStarFilled } from '@tabler/icons-react'
import { memo, type MouseEvent } from 'react'
import type { ThreadRow } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fullTime, shortTime, since } from '@/shared/i18n/format'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { Tag } from '@/shared/widgets/Tag'
import { namesOf } from './people'
import styles from './ThreadRowView.module.css'

interface Props {
  row: ThreadRow
  mine: ReadonlySet<string>
  here: boolean
  selected: boolean
  selecting: boolean
  onOpen: (id: string) => void
  onSelect: (id: string, range: boolean) => void
  onNear: (id: string) => void
}

const DAY = 86_400_000

/** A customer who has waited longer than two days; what is older than two weeks is no longer a clock but a decision. */
function isLate(at: string): boolean {
  const age = Date.now() - new Date(at).getTime()
  return age > 2 * DAY && age < 14 * DAY
}

/** Who and when; what; and only what matters besides. Unread is weight. */
export const ThreadRowView = memo(function ThreadRowView({ row, mine, here, selected, selecting, onOpen, onSelect, onNear }: Props) {
  const names = namesOf(row.people, mine)
  const late = row.owes === 'we' && row.company !== null && isLate(row.last_at)
  const first = row.people.find((person) => !mine.has(person.address.toLowerCase())) ?? row.people[0]
  const select = (event: MouseEvent) => {
    event.stopPropagation()
    onSelect(row.id, event.shiftKey)
  }
  const open = (event: MouseEvent) => {
    if (event.shiftKey || event.metaKey || event.ctrlKey) onSelect(row.id, event.shiftKey)
    else onOpen(row.id)
  }
  return (
    // j, k, Enter and x are answered by the list; this is the pointer's way.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="option"
      id={`row-${row.id}`}
      aria-selected={here}
      aria-checked={selecting ? selected : undefined}
      className={styles.row}
      data-row
      data-here={here ? '' : undefined}
      data-unread={row.unread ? '' : undefined}
      data-selected={selected ? '' : undefined}
      data-selecting={selecting ? '' : undefined}
      onClick={open}
      onPointerEnter={() => onNear(row.id)}
    >
      {/* The checkbox is the pointer's shortcut for x; screen readers hear aria-checked on the row. */}
      <span className={styles.face} onClick={select} aria-hidden>
        <span className={styles.avatar}>
          <Avatar name={first ? first.name || first.address : '?'} kin={first ? kinOf(first.address) : undefined} />
        </span>
        <span className={styles.box}>{selected ? <IconCheck size={14} stroke={2.5} /> : null}</span>
      </span>
      <span className={styles.lines}>
        <span className={styles.line}>
          <span className={styles.who}>{names}</span>
          {row.messages > 1 ? <span className={styles.count}>{row.messages}</span> : null}
          {row.company ? <span className={styles.company}>{row.company.name}</span> : null}
          <span className={styles.fill} />
          {row.draft ? <Tag tone="green">{t('inbox.draft')}</Tag> : null}
          <time className={styles.time} dateTime={row.last_at} title={fullTime(row.last_at)}>
            {shortTime(row.last_at)}
          </time>
        </span>
        <span className={styles.line}>
          <span className={styles.subject}>{row.subject || t('mail.noSubject')}</span>
          <span className={styles.summary}>{row.summary}</span>
          {row.attachments > 0 ? <IconPaperclip className={styles.sign} size={14} stroke={1.75} aria-label={t('inbox.hasFiles')} /> : null}
          {row.flagged ? <IconStarFilled className={styles.star} size={13} aria-label={t('inbox.flagged')} /> : null}
          {late ? (
            <span className={styles.late} title={t('customer.weOwe')}>
              <IconClock size={12} stroke={2} role="img" aria-label={t('customer.weOwe')} />
              {since(row.last_at)}
            </span>
          ) : null}
        </span>
      </span>
      {row.unread ? <span className="hidden-visually">{t('inbox.unread')}</span> : null}
    </div>
  )
})
