import { useState, type KeyboardEvent } from 'react'
import type { Folder, Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { folderIcon, folderLabel, inOrder } from '@/shared/shell/folders'
import { matches } from '@/shared/shell/match'
import { hide, useOverlays } from '@/shared/shell/overlays'
import { Dialog } from '@/shared/widgets/Dialog'
import styles from './MoveDialog.module.css'

interface Props {
  mailbox: Mailbox
  from: Folder
  onChoose: (to: Folder) => void
}

/** Asks where to; typing narrows, Enter takes the first. */
export function MoveDialog({ mailbox, from, onChoose }: Props) {
  const open = useOverlays((state) => state.move)
  return (
    <Dialog open={open} onClose={() => hide('move')} title={t('inbox.moveTo')} place="top" bare>
      {open ? <Choices folders={inOrder(mailbox.folders).filter((folder) => folder.id !== from.id && folder.role !== 'drafts')} onChoose={onChoose} /> : null}
    </Dialog>
  )
}

function Choices({ folders, onChoose }: { folders: Folder[]; onChoose: (to: Folder) => void }) {
  const [asked, setAsked] = useState('')
  const shown = folders.filter((folder) => matches(asked, folderLabel(folder)))
  const choose = (folder: Folder | undefined) => {
    if (!folder) return
    hide('move')
    onChoose(folder)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    event.preventDefault()
    choose(shown[0])
  }
  return (
    <>
      <input
        autoFocus
        className={styles.ask}
        aria-label={t('inbox.moveTo')}
        placeholder={t('inbox.moveTo')}
        value={asked}
        onChange={(event) => setAsked(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className={styles.list}>
        {shown.map((folder) => {
          const Glyph = folderIcon(folder)
          return (
            <button key={folder.id} type="button" className={styles.choice} onClick={() => choose(folder)}>
              <Glyph size={16} stroke={1.75} aria-hidden />
              {folderLabel(folder)}
            </button>
          )
        })}
      </div>
    </>
  )
}
