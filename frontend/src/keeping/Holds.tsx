import { useQuery } from '@tanstack/react-query'
import { IconGavel, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Hold } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fullTime, messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { holdsQuery } from './data'
import { HoldForm } from './HoldForm'
import { Lifting } from './Lifting'
import styles from './Keeping.module.css'

/** Mailboxes of which nothing is erased, and those that were. */
export function Holds() {
  const query = useQuery(holdsQuery)
  const [adding, setAdding] = useState(false)
  const [lifting, setLifting] = useState<Hold | null>(null)
  return (
    <section aria-label={t('keeping.holds')}>
      <h3 className={styles.subheading}>{t('keeping.holds')}</h3>
      <p className={styles.hint}>{t('keeping.holdsHint')}</p>
      <div className={styles.acts}>
        <Button icon={IconPlus} onClick={() => setAdding(true)}>
          {t('keeping.hold')}
        </Button>
      </div>
      {query.isPending ? (
        <Waiting>
          <Bone height={48} />
        </Waiting>
      ) : query.isError ? (
        <Trouble what={t('keeping.holdsFailed')} error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon={IconGavel} title={t('keeping.noHolds')} />
      ) : (
        <ul className={styles.list}>
          {query.data.items.map((each) => (
            <HoldRow key={each.id} hold={each} onLift={() => setLifting(each)} />
          ))}
        </ul>
      )}
      <HoldForm open={adding} onClose={() => setAdding(false)} />
      <Lifting hold={lifting} onClose={() => setLifting(null)} />
    </section>
  )
}

function HoldRow({ hold, onLift }: { hold: Hold; onLift: () => void }) {
  const { mailbox, reason, set_by, set_at, lifted_by, lifted_at, kept, exports, exported_at } = hold
  const operator = t('keeping.operator')
  const past = [
    t('keeping.setBy', { who: set_by ?? operator, when: messageTime(set_at) }),
    lifted_at ? t('keeping.liftedBy', { who: lifted_by ?? operator, when: messageTime(lifted_at) }) : t('keeping.kept', { count: kept }),
    exported_at ? t('keeping.exported', { count: exports, when: messageTime(exported_at) }) : null,
  ]
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.name}>
          {mailbox} {lifted_at ? <Tag>{t('keeping.lifted')}</Tag> : null}
        </p>
        <p className={styles.reason}>{reason}</p>
        <p className={styles.hint} title={fullTime(set_at)}>
          {past.filter(Boolean).join(' · ')}
        </p>
      </div>
      {lifted_at ? null : <Button onClick={onLift}>{t('keeping.lift')}</Button>}
    </li>
  )
}
