import { useQuery } from '@tanstack/react-query'
import { IconDeviceMobile, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import { asProblem } from '@/shared/api/problem'
import type { AppPassword, AppPasswords as Listed } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { complain, say } from '@/shared/widgets/undo'
import { NewAppPassword } from './NewAppPassword'
import { PROTOCOLS, SHORT } from './protocols'
import styles from './Settings.module.css'

/** A password for each mail program: made, seen in use, revoked. */
export function AppPasswordList() {
  const query = useQuery({ queryKey: ['app-passwords'], queryFn: () => api.get<Listed>('/me/app-passwords') })
  const [open, setOpen] = useState(false)
  return (
    <section aria-labelledby="app-passwords">
      <h3 id="app-passwords" className={styles.subheading}>
        {t('settings.app.title')}
      </h3>
      <p className={styles.hint}>{t(query.data?.required ? 'settings.app.required' : 'settings.app.hint')}</p>
      <div className={styles.make}>
        <Button look="main" icon={IconPlus} onClick={() => setOpen(true)}>
          {t('settings.app.add')}
        </Button>
      </div>
      {query.isPending ? (
        <Waiting>
          <Bone height={56} />
        </Waiting>
      ) : query.isError ? (
        <Trouble what={t('settings.app.failed')} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <List items={query.data.items} />
      )}
      <NewAppPassword open={open} onClose={() => setOpen(false)} />
    </section>
  )
}

function List({ items }: { items: readonly AppPassword[] }) {
  if (items.length === 0) return null
  return (
    <ul className={styles.sessions} aria-label={t('settings.app.title')}>
      {items.map((each) => (
        <li key={each.id} className={styles.session}>
          <IconDeviceMobile size={20} stroke={1.5} aria-hidden />
          <div className={styles.words}>
            <p className={styles.label}>{each.name}</p>
            <p className={styles.hint}>
              {PROTOCOLS.filter((one) => each.protocols.includes(one))
                .map((one) => SHORT[one])
                .join(t('common.comma'))}
            </p>
            <p className={styles.hint}>{lastUse(each)}</p>
          </div>
          <Button look="danger" aria-label={t('settings.app.revokeOne', { name: each.name })} onClick={() => void revoke(each)}>
            {t('settings.app.revoke')}
          </Button>
        </li>
      ))}
    </ul>
  )
}

function lastUse({ last_used_at: when, last_protocol: protocol, last_ip: ip }: AppPassword): string {
  if (!when || !protocol) return t('settings.app.unused')
  return t('settings.app.used', { when: messageTime(when), protocol: SHORT[protocol], ip: ip ?? '' })
}

async function revoke({ id, name }: AppPassword): Promise<void> {
  try {
    await api.delete(`/me/app-passwords/${id}`)
    say(t('settings.app.revoked', { name }))
  } catch (error) {
    complain(`${t('common.notDone')} ${asProblem(error).detail}`.trim())
  }
  await readAgain(['app-passwords'])
}
