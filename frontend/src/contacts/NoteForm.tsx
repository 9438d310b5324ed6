import { useState, type SubmitEvent } from 'react'
import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Segmented } from '@/shared/widgets/Field'
import { complain } from '@/shared/widgets/undo'
import { writeNote, type Owner } from './data'
import styles from './NoteForm.module.css'

type Kind = 'note' | 'call' | 'meeting'

/** What happened outside mail, written down where it belongs. */
export function NoteForm({ owner, id }: { owner: Owner; id: string }) {
  const [text, setText] = useState('')
  const [kind, setKind] = useState<Kind>('note')
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setBusy(true)
    try {
      await writeNote(owner, id, kind, text.trim())
      setText('')
    } catch (error) {
      complain(`${t('timeline.noteFailed')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className={styles.form} data-filled={text ? '' : undefined} onSubmit={(event) => void submit(event)}>
      <textarea
        className={styles.text}
        aria-label={t('timeline.write')}
        placeholder={t('timeline.write')}
        rows={1}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit()
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {text ? (
        <div className={styles.foot}>
          <Segmented
            label={t('timeline.kind')}
            value={kind}
            choices={(['note', 'call', 'meeting'] as const).map((value) => ({ value, label: t(`kind.${value}`) }))}
            onChange={setKind}
          />
          <Button type="submit" look="main" busy={busy} disabled={busy || !text.trim()}>
            {t('common.save')}
          </Button>
        </div>
      ) : null}
    </form>
  )
}
