import { IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { WaitingSite } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize, lasting, messageTime } from '@/shared/i18n/format'
import { Tag } from '@/shared/widgets/Tag'
import { Acts } from './Acts'
import type { Target } from './acting'
import type { Filter } from './data'
import { Recipients } from './Recipients'
import { whyOf } from './why'
import styles from './Queue.module.css'

interface Props {
  site: WaitingSite
  filter: Filter
  onHere: (target: Target) => void
  onDrop: (target: Target) => void
}

/** One place that mail waits for; opened it shows who, and what was said there word for word. */
export function Site({ site, filter, onHere, onDrop }: Props) {
  const [open, setOpen] = useState(false)
  const inside = useId()
  const target: Target = { name: site.site, choice: { site: site.site }, count: site.recipients, held: site.held }
  return (
    <li className={styles.site}>
      <div className={styles.row}>
        <button
          type="button"
          data-row
          className={styles.open}
          aria-expanded={open}
          aria-controls={inside}
          onClick={() => setOpen(!open)}
          onFocus={() => onHere(target)}
        >
          <IconChevronRight size={16} stroke={1.75} aria-hidden className={styles.chevron} />
          <span className={styles.words}>
            <span className={styles.name}>
              {site.site} <Tag>{t('queue.mails', { count: site.recipients })}</Tag>
              {site.held > 0 ? <Tag tone="amber">{t('queue.held', { count: site.held })}</Tag> : null}
            </span>
            <span className={styles.why}>{whyOf(site)}</span>
            <span className={styles.facts}>{factsOf(site)}</span>
          </span>
        </button>
        <Acts target={target} onDrop={onDrop} />
      </div>
      <div id={inside} hidden={!open}>
        {open ? (
          <>
            {site.reply ? <Raw host={site.host} reply={site.reply} /> : null}
            <Recipients site={site} filter={filter} onHere={onHere} onDrop={onDrop} />
          </>
        ) : null}
      </div>
    </li>
  )
}

function Raw({ host, reply }: { host: string; reply: string }) {
  return (
    <div className={styles.raw}>
      <p className={styles.facts}>{host ? t('queue.saidLastBy', { host }) : t('queue.saidLast')}</p>
      <code className={styles.reply}>{reply}</code>
    </div>
  )
}

function factsOf(site: WaitingSite): string {
  const resting = site.paused_until && new Date(site.paused_until) > new Date()
  return [
    lasting(site.oldest_at),
    fileSize(site.size),
    resting ? t('queue.resting', { time: messageTime(site.paused_until ?? '') }) : '',
    site.next_at && !resting ? nextOf(site.next_at) : '',
    site.domains.length > 1 ? t('queue.domains', { first: site.domains[0] ?? '', count: site.domains.length - 1 }) : '',
    site.shares.map((share) => t(`queue.share.${share as 'people'}`)).join(t('common.comma')),
  ]
    .filter(Boolean)
    .join(' · ')
}

function nextOf(at: string): string {
  return new Date(at) <= new Date() ? t('queue.nextNow') : t('queue.next', { time: messageTime(at) })
}
