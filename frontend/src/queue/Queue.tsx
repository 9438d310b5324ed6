import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { IconSend } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useMe } from '@/shared/api/me'
import type { WaitingSite } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { useActs } from '@/shared/keys/dispatch'
import { Segmented, Select } from '@/shared/widgets/Field'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { hold, release, retry, type Target } from './acting'
import { SHARES, sitesQuery, STATES, type Filter } from './data'
import { Drop } from './Drop'
import { Site } from './Site'
import styles from './Queue.module.css'

/** What waits to leave the house, by where it is to go: why, since when, and what can be done. */
export function Queue() {
  const [filter, setFilter] = useState<Filter>({ state: 'all', share: 'all' })
  const [here, setHere] = useState<Target | null>(null)
  const [dropping, setDropping] = useState<Target | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const query = useQuery(sitesQuery(filter))
  const filled = (query.data?.items.length ?? 0) > 0

  useActs({
    'thread.next': filled ? () => step(list.current, 1) : undefined,
    'thread.previous': filled ? () => step(list.current, -1) : undefined,
    'queue.retry': here ? () => void retry(here) : undefined,
    'queue.hold': here ? () => void (here.held < here.count ? hold(here) : release(here)) : undefined,
    'queue.drop': here ? () => setDropping(here) : undefined,
  })

  return (
    <>
      <p className={styles.hint}>
        {t('queue.hint')} <SentLink />
      </p>
      <Filters filter={filter} onChange={setFilter} />
      {query.isPending ? (
        <Waiting>
          <div className={styles.bones}>
            <Bone height={64} />
            <Bone height={64} />
            <Bone height={64} />
          </div>
        </Waiting>
      ) : query.isError && !query.data ? (
        <Trouble what={t('queue.failed')} safe={t('queue.safe')} error={query.error} onRetry={() => void query.refetch()} />
      ) : filled ? (
        <>
          <Total sites={query.data.items} />
          <ul ref={list} className={styles.list} aria-label={t('settings.queue')}>
            {query.data.items.map((site) => (
              <Site key={site.site} site={site} filter={filter} onHere={setHere} onDrop={setDropping} />
            ))}
          </ul>
        </>
      ) : (
        <Empty icon={IconSend} title={t(filter.state === 'all' && filter.share === 'all' ? 'queue.none' : 'queue.noneLikeThis')} />
      )}
      <Drop target={dropping} filter={filter} onClose={() => setDropping(null)} />
    </>
  )
}

function SentLink() {
  const mailbox = useMe().mailboxes[0]?.address
  if (!mailbox) return null
  return (
    <Link to="/mail/$mailbox/$folder" params={{ mailbox, folder: 'sent' }} className={styles.link}>
      {t('queue.ownSent')}
    </Link>
  )
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  return (
    <div className={styles.filters}>
      <Segmented
        label={t('queue.state')}
        value={filter.state}
        choices={[{ value: 'all' as const, label: t('queue.all') }, ...STATES.map((value) => ({ value, label: t(`queue.state.${value}`) }))]}
        onChange={(state) => onChange({ ...filter, state })}
      />
      <Select
        label={t('queue.share')}
        value={filter.share}
        choices={[{ value: 'all' as const, label: t('queue.everyShare') }, ...SHARES.map((value) => ({ value, label: t(`queue.share.${value}`) }))]}
        onChange={(share) => onChange({ ...filter, share })}
      />
    </div>
  )
}

function Total({ sites }: { sites: readonly WaitingSite[] }) {
  const count = sites.reduce((sum, site) => sum + site.recipients, 0)
  const size = sites.reduce((sum, site) => sum + site.size, 0)
  return (
    <p className={styles.total} role="status">
      {t('queue.total', { count, size: fileSize(size) })}
    </p>
  )
}

/** Moves the focus to the next or previous row, a site or a recipient. */
function step(list: HTMLElement | null, by: number): void {
  const rows = [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  const at = rows.findIndex((row) => row === document.activeElement)
  rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus()
}
