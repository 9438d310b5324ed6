import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { IconPlaneDeparture } from '@tabler/icons-react'
import { useMe } from '@/shared/api/me'
import { t } from '@/shared/i18n'
import { dayHeading } from '@/shared/i18n/format'
import { awayQuery } from './data'
import styles from './Rules.module.css'

/** Says that a mailbox answers by itself: nobody should forget that it does. */
export function AwayBar() {
  const me = useMe()
  const now = useQuery(awayQuery).data?.items ?? []
  return now.map(({ mailbox_id: id, last }) => {
    const mailbox = me.mailboxes.find((each) => each.id === id)
    if (!mailbox) return null
    const { name, address } = mailbox
    return (
      <div key={id} role="status" className={styles.bar}>
        <IconPlaneDeparture size={16} stroke={1.75} aria-hidden />
        <span className={styles.grow}>{last ? t('away.activeUntil', { name, day: dayHeading(`${last}T00:00`) }) : t('away.active', { name })}</span>
        <Link to="/settings/$section" params={{ section: 'away' }} search={{ mailbox: address }} className={styles.barLink}>
          {t('away.change')}
        </Link>
      </div>
    )
  })
}
