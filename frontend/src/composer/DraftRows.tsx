import { useQuery } from '@tanstack/react-query'
import { IconPencil } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { fullTime, shortTime } from '@/shared/i18n/format'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { draftsQuery, wordsOf } from './data'
import styles from './DraftRows.module.css'
import { resumeDraft } from './resume'

/** What one has begun to write here, above what mail programs left in the Drafts folder. */
export function DraftRows() {
  const drafts = useQuery(draftsQuery).data?.items ?? []
  return (
    <ul className={styles.list} aria-label={t('folder.drafts')}>
      {drafts.map((draft) => {
        const [first] = draft.to
        const names = draft.to.map((person) => person.name || person.address).join(t('common.comma'))
        return (
          <li key={draft.id}>
            <button type="button" className={styles.row} onClick={() => void resumeDraft(draft.id, null)}>
              {first ? <Avatar name={first.name || first.address} kin={kinOf(first.address)} /> : <IconPencil size={20} stroke={1.5} aria-hidden className={styles.icon} />}
              <span className={styles.lines}>
                <span className={styles.line}>
                  <span className={styles.to}>{names || t('composer.nobody')}</span>
                  <time className={styles.time} dateTime={draft.changed_at} title={fullTime(draft.changed_at)}>
                    {shortTime(draft.changed_at)}
                  </time>
                </span>
                <span className={styles.line}>
                  <span className={styles.subject}>{draft.subject || t('mail.noSubject')}</span>
                  <span className={styles.words}>{wordsOf(draft)}</span>
                </span>
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
