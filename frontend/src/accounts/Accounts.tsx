import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { IconLink } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Bone, Empty, Trouble, Waiting } from '@/shared/widgets/States'
import { AccountRow } from './AccountRow'
import styles from './Accounts.module.css'
import { accountsQuery } from './data'
import { worstFirst } from './health'
import { Linked } from './Linked'
import { Returned } from './Returned'
import { Wizard } from './Wizard'

/** One's mailboxes elsewhere: how they stand, and linking another one. */
export function Accounts() {
  const query = useQuery(accountsQuery)
  const [linking, setLinking] = useState(false)
  // A provider's own page sends people back here with what came of it.
  const { linked } = useSearch({ strict: false })
  const navigate = useNavigate()
  const forget = () => void navigate({ to: '/settings/$section', params: { section: 'accounts' }, replace: true })
  if (linking) return <Wizard onDone={() => setLinking(false)} />
  if (query.isPending) {
    return (
      <Waiting>
        <div className={styles.bones}>
          <Bone height={64} />
          <Bone height={64} />
        </div>
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('accounts.failed')} error={query.error} onRetry={() => void query.refetch()} />
  const items = [...query.data.items].sort(worstFirst)
  const newest = items.find((each) => each.id === linked)
  if (newest) {
    return (
      <>
        <Returned />
        <Linked account={newest} onDone={forget} />
      </>
    )
  }
  const link = (
    <Button look="main" icon={IconLink} onClick={() => setLinking(true)}>
      {t('accounts.link')}
    </Button>
  )
  if (items.length === 0) {
    return (
      <>
        <Returned />
        <Empty icon={IconLink} title={t('accounts.none')}>
          <p className={styles.hint}>{t('accounts.hint')}</p>
          {link}
        </Empty>
      </>
    )
  }
  return (
    <>
      <Returned />
      <p className={styles.hint}>{t('accounts.hint')}</p>
      <div className={styles.make}>{link}</div>
      <ul className={styles.list} aria-label={t('settings.accounts')}>
        {items.map((each) => (
          <AccountRow key={each.id} account={each} />
        ))}
      </ul>
    </>
  )
}
