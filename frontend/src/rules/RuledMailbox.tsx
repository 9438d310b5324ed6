import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { BuiltRules, Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { NotHere } from '@/shared/shell/NotHere'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { rulesQuery } from './data'
import { MailboxChoice } from './MailboxChoice'
import { useRuledMailbox } from './mailbox'
import styles from './Rules.module.css'

interface RuledMailboxProps {
  readonly section: 'rules' | 'away'
  readonly hint: string
  /** How high what is shown will be, about. */
  readonly height: number
  readonly show: (mailbox: Mailbox, built: BuiltRules) => ReactNode
}

/** A page of settings about what one mailbox does with mail that comes. */
export function RuledMailbox({ section, hint, height, show }: RuledMailboxProps) {
  const mailbox = useRuledMailbox()
  if (!mailbox) return <NotHere />
  return (
    <>
      <p className={styles.hint}>{hint}</p>
      <div className={styles.top}>
        <MailboxChoice section={section} mailbox={mailbox} />
      </div>
      <Read key={mailbox.id} mailbox={mailbox} height={height} show={show} />
    </>
  )
}

function Read({ mailbox, height, show }: Pick<RuledMailboxProps, 'height' | 'show'> & { readonly mailbox: Mailbox }) {
  const query = useQuery(rulesQuery(mailbox.id))
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={height} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('rules.failed')} error={query.error} onRetry={() => void query.refetch()} />
  return show(mailbox, query.data)
}
