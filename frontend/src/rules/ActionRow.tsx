import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import type { Folder } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { folderLabel, inOrder } from '@/shared/shell/folders'
import { IconButton } from '@/shared/widgets/Button'
import { Select } from '@/shared/widgets/Field'
import { ACTIONS, needsAddress, needsFolder, newAction, type Action } from './parts'
import styles from './Rules.module.css'

interface Props {
  number: number
  action: Action
  folders: readonly Folder[]
  onChange: (action: Action) => void
  onRemove: () => void
}

/** One thing that is done. */
export function ActionRow({ number, action, folders, onChange, onRemove }: Props) {
  const set = (value: string) => onChange({ ...action, value })
  return (
    <div className={styles.line}>
      <Select
        label={t('rules.action')}
        value={action.kind}
        choices={ACTIONS.map((kind) => ({ value: kind, label: t(`rules.action.${kind}`) }))}
        onChange={(kind) => onChange(newAction(kind, needsFolder(kind) === needsFolder(action.kind) ? action.value : ''))}
      />
      {needsFolder(action.kind) ? <FolderField value={action.value} folders={folders} onChange={set} /> : null}
      {needsAddress(action.kind) ? (
        <input className={styles.input} type="email" aria-label={t('rules.address')} placeholder={t('rules.address')} value={action.value} onChange={(event) => set(event.target.value)} />
      ) : null}
      {action.kind === 'notify' ? (
        <input
          className={styles.input}
          aria-label={t('rules.notice')}
          placeholder={t('rules.noticeHint')}
          value={action.text}
          onChange={(event) => onChange({ ...action, text: event.target.value })}
        />
      ) : null}
      {action.kind === 'keyword' ? (
        <input className={styles.input} aria-label={t('rules.keyword')} placeholder={t('rules.keywordHint')} spellCheck={false} maxLength={50} value={action.value} onChange={(event) => set(event.target.value)} />
      ) : null}
      {action.kind === 'reject' ? (
        <textarea className={styles.input} rows={2} aria-label={t('rules.reason')} placeholder={t('rules.reason')} value={action.value} onChange={(event) => set(event.target.value)} />
      ) : null}
      <IconButton icon={IconX} label={t('rules.removeAction', { number })} onClick={onRemove} />
    </div>
  )
}

/** No folder is called that: a name has no line break in it. */
const NEW = '\n'

function FolderField({ value, folders, onChange }: { value: string; folders: readonly Folder[]; onChange: (name: string) => void }) {
  const known = inOrder(folders).filter((folder) => folder.role !== 'drafts' && folder.role !== 'sent')
  const [named, setNamed] = useState(value !== '' && !known.some((folder) => folder.name === value))
  const choices = [
    ...(value === '' && !named ? [{ value: '', label: t('rules.chooseFolder') }] : []),
    ...known.map((folder) => ({ value: folder.name, label: folderLabel(folder) })),
    { value: NEW, label: t('rules.newFolder') },
  ]
  return (
    <>
      <Select
        label={t('rules.folder')}
        value={named ? NEW : value}
        choices={choices}
        onChange={(name) => {
          setNamed(name === NEW)
          onChange(name === NEW ? '' : name)
        }}
      />
      {named ? (
        <input className={styles.input} aria-label={t('rules.folderName')} placeholder={t('rules.folderName')} value={value} onChange={(event) => onChange(event.target.value)} />
      ) : null}
    </>
  )
}
