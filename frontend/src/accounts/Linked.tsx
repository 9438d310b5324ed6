import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { IconCircleCheck } from '@tabler/icons-react'
import { threadsQuery } from '@/inbox/data'
import { useMe } from '@/shared/api/me'
import type { LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { shortTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import styles from './Accounts.module.css'
import { accountsQuery } from './data'
import { isUnderWay, standingWords } from './health'
import { Progress } from './Progress'

const SHOWN = 5

/** Linked: the newest mails come first and are here within seconds, the rest goes on by itself. */
export function Linked({ account, onDone }: { account: LinkedAccount; onDone: () => void }) {
  const now = useQuery(accountsQuery).data?.items.find((each) => each.id === account.id) ?? account
  return (
    <div className={styles.wizard}>
      <h3 className={styles.done}>
        <IconCircleCheck size={20} stroke={1.75} aria-hidden />
        {t('accounts.linked', { address: account.address })}
      </h3>
      <p className={styles.hint} aria-live="polite">
        {standingWords(now)}
      </p>
      <Progress account={now} />
      <FirstMails account={now} />
      <p className={styles.hint}>{t('accounts.goesOn')}</p>
      <div className={styles.row}>
        <Link to="/mail/$mailbox/$folder" params={{ mailbox: account.address, folder: 'inbox' }} className={styles.go}>
          {t('accounts.openMailbox')}
        </Link>
        <Button onClick={onDone}>{t('accounts.finish')}</Button>
      </div>
    </div>
  )
}

/** As soon as there are some. */
function FirstMails({ account }: { account: LinkedAccount }) {
  const inbox = useMe()
    .mailboxes.find((each) => each.id === account.mailbox_id)
    ?.folders.find((each) => each.role === 'inbox')
  const query = useInfiniteQuery({
    ...threadsQuery(account.mailbox_id, inbox?.id ?? ''),
    enabled: inbox !== undefined,
    refetchInterval: isUnderWay(account) ? 2_000 : false,
  })
  const rows = query.data?.pages[0]?.items.slice(0, SHOWN) ?? []
  if (rows.length === 0) return null
  return (
    <ul className={styles.first} aria-label={t('accounts.firstMails')}>
      {rows.map((row) => (
        <li key={row.id} className={styles.mail}>
          <span className={styles.who}>{row.people[0]?.name || row.people[0]?.address}</span>
          <span className={styles.subject}>{row.subject}</span>
          <time className={styles.when} dateTime={row.last_at}>
            {shortTime(row.last_at)}
          </time>
        </li>
      ))}
    </ul>
  )
}
