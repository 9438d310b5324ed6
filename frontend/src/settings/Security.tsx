import { useQuery } from '@tanstack/react-query'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useState, type SubmitEvent } from 'react'
import { api } from '@/shared/api/client'
import { readAgain } from '@/shared/api/cache'
import { asProblem } from '@/shared/api/problem'
import type { Session } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { TextField } from '@/shared/widgets/Field'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { Tag } from '@/shared/widgets/Tag'
import { complain, say } from '@/shared/widgets/undo'
import styles from './Settings.module.css'

export function Security() {
  return (
    <>
      <Password />
      <h3 className={styles.subheading}>{t('settings.sessions')}</h3>
      <p className={styles.hint}>{t('settings.sessionsHint')}</p>
      <Sessions />
    </>
  )
}

const SHORTEST = 10

function Password() {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<{ field: 'current' | 'new'; words: string } | null>(null)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const element = event.currentTarget
    const form = new FormData(element)
    const next = form.get('new') as string
    if (next.length < SHORTEST) {
      setWrong({ field: 'new', words: t('settings.passwordShort', { count: SHORTEST }) })
      return
    }
    setBusy(true)
    setWrong(null)
    try {
      await api.post('/me/password', { current: form.get('current'), new: next })
      element.reset()
      say(t('settings.passwordChanged'))
      void readAgain(['sessions'])
    } catch (error) {
      const problem = asProblem(error)
      if (problem.kind === 'denied' || problem.kind === 'signed_out') setWrong({ field: 'current', words: t('settings.passwordWrong') })
      else setWrong({ field: 'new', words: problem.detail || t(`problem.${problem.kind}`) })
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <TextField label={t('settings.passwordNow')} name="current" type="password" autoComplete="current-password" required error={wrong?.field === 'current' ? wrong.words : undefined} />
      <TextField
        label={t('settings.passwordNew')}
        name="new"
        type="password"
        autoComplete="new-password"
        required
        hint={t('settings.passwordShort', { count: SHORTEST })}
        error={wrong?.field === 'new' ? wrong.words : undefined}
      />
      <div>
        <Button type="submit" look="main" busy={busy}>
          {t('settings.passwordChange')}
        </Button>
      </div>
    </form>
  )
}

function Sessions() {
  const query = useQuery({ queryKey: ['sessions'], queryFn: () => api.get<{ items: Session[] }>('/sessions') })
  const end = async (session: Session) => {
    try {
      await api.delete(`/sessions/${session.id}`)
      say(t('settings.sessionEnded', { device: session.device }))
    } catch (error) {
      complain(`${t('settings.sessionNotEnded')} ${asProblem(error).detail}`.trim())
    }
    await readAgain(['sessions'])
  }
  if (query.isPending) {
    return (
      <Waiting>
        <Bone height={56} />
      </Waiting>
    )
  }
  if (query.isError) return <Trouble what={t('settings.sessionsFailed')} error={query.error} onRetry={() => void query.refetch()} />
  return (
    <ul className={styles.sessions}>
      {query.data.items.map((session) => {
        const Glyph = /iPhone|iPad|Android|HarmonyOS/.test(session.device) ? IconDeviceMobile : IconDeviceDesktop
        return (
          <li key={session.id} className={styles.session}>
            <Glyph size={20} stroke={1.5} aria-hidden />
            <div className={styles.words}>
              <p className={styles.label}>
                {session.device} {session.current ? <Tag tone="green">{t('settings.thisSession')}</Tag> : null}
              </p>
              <p className={styles.hint}>
                {session.ip} · {t('settings.seen', { when: messageTime(session.seen_at) })}
              </p>
            </div>
            {session.current ? null : (
              <Button look="danger" onClick={() => void end(session)}>
                {t('settings.endSession')}
              </Button>
            )}
          </li>
        )
      })}
    </ul>
  )
}
