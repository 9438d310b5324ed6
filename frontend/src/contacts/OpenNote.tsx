import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useState, type SubmitEvent } from 'react'
import { useMe } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import type { TimelineEvent } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { TextArea } from '@/shared/widgets/Field'
import { takeAway } from '@/shared/widgets/taking'
import { complain } from '@/shared/widgets/undo'
import { changeNote, deleteNote, restoreNote } from './data'
import styles from './Timeline.module.css'

/** A note, call or meeting with all its words; who wrote it may put it right. */
export function OpenNote({ event }: { event: TimelineEvent }) {
  const me = useMe()
  const [editing, setEditing] = useState(false)
  if (editing) return <EditNote event={event} onDone={() => setEditing(false)} />
  return (
    <div className={styles.open}>
      <p className={styles.note}>{event.summary}</p>
      {event.member?.id === me.member_id ? (
        <div className={styles.noteActs}>
          <Button look="quiet" icon={IconPencil} onClick={() => setEditing(true)}>
            {t('contacts.edit')}
          </Button>
          <Button look="quiet" icon={IconTrash} onClick={() => void takeAway({ words: t('timeline.deleted'), remove: () => deleteNote(event.id), restore: () => restoreNote(event.id) })}>
            {t('timeline.delete')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}

function EditNote({ event, onDone }: { event: TimelineEvent; onDone: () => void }) {
  // As it stood when one began: a change that arrives meanwhile must be refused, not overwritten.
  const [before] = useState(event)
  const [text, setText] = useState(before.summary ?? '')
  const [busy, setBusy] = useState(false)
  const submit = async (submitted: SubmitEvent<HTMLFormElement>) => {
    submitted.preventDefault()
    setBusy(true)
    try {
      await changeNote(before.id, before.version, text.trim())
      onDone()
    } catch (error) {
      complain(`${t('timeline.noteFailed')} ${t(`problem.${asProblem(error).kind}`)}`)
      setBusy(false)
    }
  }
  return (
    <form className={styles.open} onSubmit={(submitted) => void submit(submitted)}>
      <TextArea label={t('timeline.words')} rows={4} value={text} onChange={(changed) => setText(changed.target.value)} />
      <div className={styles.noteActs}>
        <Button type="submit" look="main" busy={busy} disabled={busy || !text.trim()}>
          {t('common.save')}
        </Button>
        <Button onClick={onDone}>{t('common.cancel')}</Button>
      </div>
    </form>
  )
}
