import { useNavigate } from '@tanstack/react-router'
import { api } from '@/shared/api/client'
import { cache } from '@/shared/api/cache'
import { changeMe, useMe } from '@/shared/api/me'
import type { FolderRole } from '@/shared/api/types'
import { language } from '@/shared/i18n'
import { useActs } from '@/shared/keys/dispatch'
import { isDark, useLook } from '@/shared/look/look'
import { complain } from '@/shared/widgets/undo'
import { t } from '@/shared/i18n'
import { writeNew } from '@/composer/store'
import { useHereMailbox } from './Rail'
import { show } from './overlays'
import { changeLanguage } from './SpokenPage'

/** The acts that work on every screen. */
export function PageActs() {
  const navigate = useNavigate()
  const me = useMe()
  const here = useHereMailbox()
  const look = useLook()

  const folder = (role: FolderRole) =>
    here && (() => void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: here.address, folder: role } }))

  const nextMailbox = () => {
    const at = me.mailboxes.findIndex((mailbox) => mailbox.id === here?.id)
    const next = me.mailboxes[(at + 1) % me.mailboxes.length]
    if (next) void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: next.address, folder: 'inbox' } })
  }

  const switchLanguage = async () => {
    const next = language() === 'en' ? 'zh-CN' : 'en'
    await changeLanguage(next)
    await changeMe({ language: next }).catch(() => complain(t('settings.notSaved')))
  }

  const signOut = async () => {
    try {
      await api.delete('/session')
    } catch {
      complain(t('shell.signOutFailed'), () => void signOut())
      return
    }
    await navigate({ to: '/signin' })
    cache.clear()
  }

  useActs({
    'write.new': () => writeNew(here?.address),
    'go.inbox': folder('inbox'),
    'go.sent': folder('sent'),
    'go.drafts': folder('drafts'),
    'go.archive': folder('archive'),
    'go.junk': folder('junk'),
    'go.trash': folder('trash'),
    'go.contacts': () => void navigate({ to: '/contacts' }),
    'go.companies': () => void navigate({ to: '/companies' }),
    'go.mailbox': me.mailboxes.length > 1 ? nextMailbox : undefined,
    'go.queue': me.role === 'admin' ? () => void navigate({ to: '/settings/$section', params: { section: 'queue' } }) : undefined,
    'go.settings': () => void navigate({ to: '/settings/$section', params: { section: 'profile' } }),
    'page.search': () => void navigate({ to: '/search' }),
    'page.palette': () => show('palette'),
    'page.help': () => show('help'),
    'page.rail': () => look.set({ railOpen: !look.railOpen }),
    'page.theme': () => look.set({ theme: isDark() ? 'light' : 'dark' }),
    'page.language': () => void switchLanguage(),
    'page.signout': () => void signOut(),
  })
  return null
}
