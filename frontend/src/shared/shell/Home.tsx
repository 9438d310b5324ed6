import { Navigate } from '@tanstack/react-router'
import { IconMailbox } from '@tabler/icons-react'
import { useMe } from '@/shared/api/me'
import { t } from '@/shared/i18n'
import { Empty } from '@/shared/widgets/States'

/** `/` is the first mailbox's inbox. */
export function Home() {
  const [first] = useMe().mailboxes
  if (!first) return <Empty icon={IconMailbox} title={t('shell.noMailbox')} />
  return <Navigate to="/mail/$mailbox/$folder" params={{ mailbox: first.address, folder: 'inbox' }} replace />
}
