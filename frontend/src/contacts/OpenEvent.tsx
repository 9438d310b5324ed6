import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { folderName, useMe } from '@/shared/api/me'
import { api } from '@/shared/api/client'
import type { Me, Message, TimelineEvent } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { FileCards } from '@/inbox/FileCards'
import { textPage } from '@/inbox/frame'
import { MailFrame } from '@/inbox/MailFrame'
import { divideHtml, divideText } from '@/inbox/quote'
import styles from './Timeline.module.css'

/** An event of the timeline, opened in place: the message, without what it repeats. */
export function OpenEvent({ event }: { event: TimelineEvent }) {
  const me = useMe()
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
  const place = placeOf(me, message)
  const body = message.html === null ? textPage(divideText(message.text ?? '').fresh) : divideHtml(message.html).fresh
  return (
    <div className={styles.open}>
      <MailFrame html={body} title={event.subject ?? ''} />
      <FileCards files={message.attachments} />
      {place ? (
        <Link className={styles.toThread} to="/mail/$mailbox/$folder/$thread" params={{ ...place, thread: message.thread_id }}>
          {t('timeline.toThread')}
        </Link>
      ) : (
        <Link className={styles.toThread} to="/shared/$thread" params={{ thread: message.thread_id }}>
          {t('timeline.toThread')}
        </Link>
      )}
    </div>
  )
}

/** Where the message lies: rather a folder one works in than Trash or Junk. */
function placeOf(me: Me, message: Message): { mailbox: string; folder: string } | null {
  const mailbox = me.mailboxes.find((each) => each.id === message.mailbox_id)
  const folders = mailbox?.folders.filter((folder) => message.folder_ids.includes(folder.id)) ?? []
  const folder = folders.find((each) => each.role !== 'trash' && each.role !== 'junk') ?? folders[0]
  return mailbox && folder ? { mailbox: mailbox.address, folder: folderName(folder) } : null
}
