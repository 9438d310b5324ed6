import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMe } from '@/shared/api/me'
import { api } from '@/shared/api/client'
import type { Message, TimelineEvent } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { FileCards } from '@/inbox/FileCards'
import { textPage } from '@/inbox/frame'
import { MailFrame } from '@/inbox/MailFrame'
import { divideHtml, divideText } from '@/inbox/quote'
import styles from './Timeline.module.css'

/** An event of the timeline, opened in place: the message, without what it repeats. */
export function OpenEvent({ event }: { event: TimelineEvent }) {
  const [mailbox] = useMe().mailboxes
  const id = event.message_id ?? ''
  const query = useQuery({ queryKey: ['message', id], queryFn: () => api.get<Message>(`/messages/${id}`) })
  if (query.isPending) {
    return (
      <Waiting>
        <div className={styles.open}>
          <Bone width="80%" />
        </div>
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('timeline.openFailed')} error={query.error} onRetry={() => void query.refetch()} />
  const message = query.data
  const body = message.html === null ? textPage(divideText(message.text ?? '').fresh) : divideHtml(message.html).fresh
  return (
    <div className={styles.open}>
      <MailFrame html={body} title={event.subject ?? ''} />
      <FileCards files={message.attachments} />
      {event.thread_id && mailbox ? (
        <Link className={styles.toThread} to="/mail/$mailbox/$folder/$thread" params={{ mailbox: mailbox.address, folder: 'inbox', thread: event.thread_id }}>
          {t('timeline.toThread')}
        </Link>
      ) : null}
    </div>
  )
}
