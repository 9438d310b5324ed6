import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState, type SubmitEvent } from 'react'
import { api } from '@/shared/api/client'
import { cache } from '@/shared/api/cache'
import { asProblem, type Problem } from '@/shared/api/problem'
import { language, t } from '@/shared/i18n'
import { Mark } from '@/shared/shell/Mark'
import { changeLanguage } from '@/shared/shell/SpokenPage'
import { useTitle } from '@/shared/shell/title'
import { Button } from '@/shared/widgets/Button'
import { Segmented, TextField } from '@/shared/widgets/Field'
import door from '@/signin/SignIn.module.css'
import { isTaken } from './data'

const FIELDS = ['code', 'workspace', 'domain', 'name', 'address', 'password', 'time_zone'] as const

/** The empty house: who has the code from its log makes the first workspace. */
export function Claim() {
  useTitle(t('setup.title'))
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [domain, setDomain] = useState('')

  useEffect(() => {
    isTaken().then(
      ({ taken }) => taken && void navigate({ to: '/' }),
      () => undefined,
    )
  }, [navigate])

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    setBusy(true)
    setProblem(null)
    try {
      await api.post('/setup', { ...Object.fromEntries(FIELDS.map((field) => [field, values.get(field)])), language: language() })
      cache.clear()
      await navigate({ to: '/settings/$section', params: { section: 'setup' } })
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  const wrong = (field: (typeof FIELDS)[number]) => (problem && field in problem.fields ? t(`setup.wrong.${field}`) : undefined)

  return (
    <main className={door.door}>
      <div className={door.card}>
        <div className={door.house}>
          <Mark size={40} />
          <h1 className={door.name}>{t('setup.title')}</h1>
          <p className={door.motto}>{t('setup.motto')}</p>
        </div>
        <form className={door.form} onSubmit={(event) => void submit(event)}>
          <div>
            <Segmented
              label={t('settings.language')}
              value={language()}
              choices={[
                { value: 'zh-CN', label: '简体中文' },
                { value: 'en', label: 'English' },
              ]}
              onChange={(next) => void changeLanguage(next)}
            />
          </div>
          <TextField
            label={t('setup.code')}
            name="code"
            required
            autoComplete="off"
            spellCheck={false}
            defaultValue={codeInAddress()}
            hint={t('setup.codeHint')}
            error={wrong('code')}
          />
          <TextField label={t('setup.workspace')} name="workspace" required autoComplete="organization" hint={t('setup.workspaceHint')} error={wrong('workspace')} />
          <TextField
            label={t('setup.domain')}
            name="domain"
            required
            autoComplete="off"
            spellCheck={false}
            hint={t('setup.domainHint')}
            error={wrong('domain')}
            onChange={(event) => setDomain(event.target.value.trim())}
          />
          <TextField label={t('setup.yourName')} name="name" autoComplete="name" error={wrong('name')} />
          <TextField
            label={t('signin.address')}
            name="address"
            type="email"
            required
            autoComplete="username"
            hint={t('setup.addressHint', { domain: domain || 'example.com' })}
            error={wrong('address')}
          />
          <TextField label={t('signin.password')} name="password" type="password" required autoComplete="new-password" error={wrong('password')} />
          <TextField
            label={t('setup.timeZone')}
            name="time_zone"
            required
            list="time-zones"
            autoComplete="off"
            spellCheck={false}
            defaultValue={Intl.DateTimeFormat().resolvedOptions().timeZone}
            error={wrong('time_zone')}
          />
          <datalist id="time-zones">
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          {problem && FIELDS.every((field) => !(field in problem.fields)) ? (
            <p className={door.problem} role="alert">
              {t(problem.kind === 'conflict' ? 'setup.taken' : `problem.${problem.kind}`)}
            </p>
          ) : null}
          <Button type="submit" look="main" busy={busy} className={door.enter}>
            {t('setup.begin')}
          </Button>
        </form>
      </div>
    </main>
  )
}

/** The printed link has it behind a #, which no server is told. */
function codeInAddress(): string {
  return decodeURIComponent(window.location.hash.slice(1))
}
