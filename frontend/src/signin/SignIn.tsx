import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useEffect, useState, type SubmitEvent } from 'react'
import { api } from '@/shared/api/client'
import { cache } from '@/shared/api/cache'
import { meQuery } from '@/shared/api/me'
import { asProblem, type Problem } from '@/shared/api/problem'
import type { Me } from '@/shared/api/types'
import { language, t } from '@/shared/i18n'
import { Mark } from '@/shared/shell/Mark'
import { changeLanguage } from '@/shared/shell/SpokenPage'
import { useTitle } from '@/shared/shell/title'
import { isTaken } from '@/setup/data'
import { Button } from '@/shared/widgets/Button'
import { TextField } from '@/shared/widgets/Field'
import styles from './SignIn.module.css'

/** The door. */
export function SignIn() {
  useTitle(t('signin.title'))
  const { next } = useSearch({ from: '/signin' })
  const navigate = useNavigate()
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)

  useEffect(() => {
    isTaken().then(
      ({ taken }) => !taken && void navigate({ to: '/setup' }),
      () => undefined,
    )
  }, [navigate])

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(null)
    try {
      await api.post('/session', { address: form.get('address'), password: form.get('password') })
      cache.clear()
      const me: Me = await cache.query(meQuery)
      await changeLanguage(me.language)
      if (next) router.history.push(next)
      else await navigate({ to: '/' })
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className={styles.door}>
      <div className={styles.card}>
        <div className={styles.house}>
          <Mark size={40} />
          <h1 className={styles.name}>
            Posthouse <span className={styles.han}>驿站</span>
          </h1>
          <p className={styles.motto}>{t('signin.motto')}</p>
        </div>
        <form className={styles.form} onSubmit={(event) => void submit(event)}>
          <TextField label={t('signin.address')} name="address" type="email" autoComplete="username" required autoFocus />
          <TextField label={t('signin.password')} name="password" type="password" autoComplete="current-password" required />
          {problem ? (
            <p className={styles.problem} role="alert">
              {wordsFor(problem)}
            </p>
          ) : null}
          <Button type="submit" look="main" busy={busy} className={styles.enter}>
            {t('signin.enter')}
          </Button>
        </form>
      </div>
      <button
        type="button"
        className={styles.language}
        lang={language() === 'en' ? 'zh-CN' : 'en'}
        onClick={() => void changeLanguage(language() === 'en' ? 'zh-CN' : 'en')}
      >
        {language() === 'en' ? '简体中文' : 'English'}
      </button>
    </main>
  )
}

function wordsFor(problem: Problem): string {
  if (problem.kind === 'busy') return t('signin.locked')
  if (problem.kind === 'signed_out' || problem.kind === 'denied' || problem.kind === 'invalid') return t('signin.wrong')
  return t(`problem.${problem.kind}`)
}
