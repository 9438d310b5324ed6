import { useQuery } from '@tanstack/react-query'
import { IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import type { Usage, UsageLimits } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize } from '@/shared/i18n/format'
import { IconButton } from '@/shared/widgets/Button'
import { TextField } from '@/shared/widgets/Field'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { quotasQuery } from './data'
import { LimitsForm } from './LimitsForm'
import { Meter } from './Meter'
import styles from './Keeping.module.css'

/** Above this many a person would rather type than look. */
const LONG = 12

/** What each mailbox holds of what it may; the fullest on top. */
export function Limits() {
  const query = useQuery(quotasQuery)
  const [open, setOpen] = useState<Usage | 'default' | null>(null)
  const [sought, setSought] = useState('')
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={160} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('keeping.limitsFailed')} error={query.error} onRetry={() => void query.refetch()} />
  const { default: limits, items } = query.data
  const wanted = sought.trim().toLowerCase()
  const shown = items.filter((each) => `${each.address} ${each.name}`.toLowerCase().includes(wanted)).sort(fullestFirst)
  return (
    <section aria-label={t('keeping.limits')}>
      <h3 className={styles.subheading}>{t('keeping.limits')}</h3>
      <p className={styles.hint}>{t('keeping.limitsHint')}</p>
      {items.length > LONG ? (
        <div className={styles.find}>
          <TextField label={t('common.find')} value={sought} onChange={(event) => setSought(event.target.value)} />
        </div>
      ) : null}
      <ul className={styles.list}>
        <li className={styles.row}>
          <div className={styles.words}>
            <p className={styles.name}>{t('keeping.default')}</p>
            <p className={styles.hint}>{wordsOf(limits)}</p>
          </div>
          <IconButton icon={IconPencil} label={t('keeping.changeDefault')} onClick={() => setOpen('default')} />
        </li>
        {shown.map((each) => (
          <li key={each.mailbox_id} className={styles.row}>
            <div className={styles.words}>
              <p className={styles.name}>{each.name}</p>
              <p className={styles.hint}>{each.address}</p>
            </div>
            <Meter usage={each} />
            <IconButton icon={IconPencil} label={t('keeping.change', { address: each.address })} onClick={() => setOpen(each)} />
          </li>
        ))}
      </ul>
      <LimitsForm of={open} whole={limits} onClose={() => setOpen(null)} />
    </section>
  )
}

function fullestFirst(one: Usage, other: Usage): number {
  return other.percent - one.percent || other.octets - one.octets
}

function wordsOf({ octets, messages }: UsageLimits): string {
  if (octets === 0 && messages === 0) return t('keeping.noLimit')
  const parts = [octets > 0 ? fileSize(octets) : null, messages > 0 ? t('keeping.mails', { count: messages }) : null]
  return t('keeping.upTo', { limits: parts.filter(Boolean).join(' · ') })
}
