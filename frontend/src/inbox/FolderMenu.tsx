import { useNavigate } from '@tanstack/react-router'
import { IconChevronDown } from '@tabler/icons-react'
import { folderName, unreadElsewhere, useMe } from '@/shared/api/me'
import type { Folder, Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { acts, type ActId } from '@/shared/keys/table'
import { folderIcon, folderLabel, inOrder } from '@/shared/shell/folders'
import { MailboxItems } from '@/shared/shell/Rail'
import { ActItem, Menu, MenuItem, MenuLine } from '@/shared/widgets/Menu'
import styles from './FolderMenu.module.css'

/** Where one is; a press shows where one could go. */
export function FolderMenu({ mailbox, folder }: { mailbox: Mailbox; folder: Folder }) {
  const me = useMe()
  const navigate = useNavigate()
  const go = (to: Folder) =>
    void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: mailbox.address, folder: folderName(to) } })
  const trigger = (
    <button type="button" className={styles.title} title={t('inbox.chooseFolder', { folder: folderLabel(folder) })}>
      <h1 className={styles.name}>{folderLabel(folder)}</h1>
      <IconChevronDown size={14} aria-hidden />
      {me.mailboxes.length > 1 ? <span className={styles.mailbox}>{mailbox.name}</span> : null}
      {unreadElsewhere(me, mailbox).length > 0 ? <span className={styles.elsewhere} /> : null}
    </button>
  )
  return (
    <Menu trigger={trigger}>
      {inOrder(mailbox.folders).map((each) => (
        <MenuItem
          key={each.id}
          icon={folderIcon(each)}
          keys={each.role ? acts[`go.${each.role}` as ActId].keys[0] : undefined}
          note={each.unread > 0 ? each.unread : undefined}
          checked={each.id === folder.id}
          onSelect={() => go(each)}
        >
          {folderLabel(each)}
        </MenuItem>
      ))}
      <ActItem act="go.shared" />
      {me.mailboxes.length > 1 ? (
        <>
          <MenuLine />
          <MailboxItems all={me.mailboxes} />
        </>
      ) : null}
    </Menu>
  )
}
