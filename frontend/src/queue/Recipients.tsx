import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { QueuedRecipient, WaitingSite } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { fileSize, lasting, messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { Acts } from './Acts'
import type { Target } from './acting'
import { MOST, recipientsQuery, type Filter } from './data'
import { whyOf } from './why'
import styles from './Queue.module.css'

const AT_FIRST = 50

interface Props {
  site: WaitingSite
  filter: Filter
  onHere: (target: Target) => void
  onDrop: (target: Target) => void
}

/** Who waits at a site, what is due first on top. */
export function Recipients({ site, filter, onHere, onDrop }: Props) {
  const [limit, setLimit] = useState(AT_FIRST)
  const query = useQuery(recipientsQuery(site.site, filter, limit))
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={44} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('queue.failed')} error={query.error} onRetry={() => void query.refetch()} />
  return (
    <>
      <ul className={styles.recipients} aria-label={t('queue.recipientsAt', { name: site.site })}>
        {query.data.map((each) => (
          <Recipient key={each.id} recipient={each} common={site.reply} onHere={onHere} onDrop={onDrop} />
        ))}
      </ul>
      {query.data.length === limit && limit < MOST && limit < site.recipients ? (
        <Button look="quiet" busy={query.isFetching} onClick={() => setLimit(Math.min(limit * 4, MOST))}>
          {t('queue.more', { count: site.recipients - limit })}
        </Button>
      ) : null}
      {query.data.length === MOST && site.recipients > MOST ? <p className={styles.facts}>{t('queue.andMore', { count: site.recipients - MOST })}</p> : null}
    </>
  )
}

interface RecipientProps {
  recipient: QueuedRecipient
  /** What the site said last; said again in each line it would only be noise. */
  common: string
  onHere: (target: Target) => void
  onDrop: (target: Target) => void
}

function Recipient({ recipient, common, onHere, onDrop }: RecipientProps) {
  const { id, address, sender, state } = recipient
  const target: Target = { name: address, choice: { recipients: [id] }, count: 1, held: state === 'held' ? 1 : 0 }
  const own = recipient.reply && recipient.reply !== common
  return (
    <li className={styles.recipient}>
      {/* j, k and the keys of the acts come here: the row is what they mean. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.words} data-row tabIndex={0} role="group" aria-label={address} onFocus={() => onHere(target)}>
        <span className={styles.name}>
          {address} <Tag tone={state === 'held' ? 'amber' : state === 'trying' ? 'green' : 'plain'}>{t(`queue.state.${state as 'held'}`)}</Tag>
        </span>
        {own ? <span className={styles.why}>{whyOf(recipient)}</span> : null}
        {own ? <code className={styles.reply}>{recipient.reply}</code> : null}
        <span className={styles.facts}>{factsOf(recipient, sender)}</span>
      </div>
      <Acts target={target} onDrop={onDrop} />
    </li>
  )
}

function factsOf(recipient: QueuedRecipient, sender: string): string {
  return [
    sender ? t('queue.from', { sender }) : t('queue.fromNobody'),
    lasting(recipient.created_at),
    fileSize(recipient.size),
    recipient.attempts > 0 ? t('queue.attempts', { count: recipient.attempts }) : '',
    recipient.state === 'waiting' || recipient.state === 'scheduled' ? t('queue.next', { time: messageTime(recipient.due_at) }) : '',
    t('queue.until', { time: messageTime(recipient.give_up_at) }),
  ]
    .filter(Boolean)
    .join(' · ')
}
