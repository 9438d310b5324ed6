import type { Icon } from '@tabler/icons-react'
import {
  IconAlertOctagon,
  IconArchive,
  IconEdit,
  IconFolder,
  IconInbox,
  IconSend,
  IconTrash,
} from '@tabler/icons-react'
import type { Folder, FolderRole } from '@/shared/api/types'
import { t } from '@/shared/i18n'

const ICONS: Record<FolderRole, Icon> = {
  inbox: IconInbox,
  sent: IconSend,
  drafts: IconEdit,
  archive: IconArchive,
  junk: IconAlertOctagon,
  trash: IconTrash,
}

const ORDER: readonly FolderRole[] = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash']

export function folderIcon(folder: Folder): Icon {
  return folder.role ? ICONS[folder.role] : IconFolder
}

export function folderLabel(folder: Folder): string {
  return folder.role ? t(`folder.${folder.role}`) : folder.name
}

/** The standard folders in their usual order, then the member's own by name. */
export function inOrder(folders: readonly Folder[]): Folder[] {
  const place = (folder: Folder) => (folder.role ? ORDER.indexOf(folder.role) : ORDER.length)
  return [...folders].sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
}
