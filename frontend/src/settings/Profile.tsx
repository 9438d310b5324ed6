import { useState, type SubmitEvent } from 'react'
import { changeMe, useMe } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import { language, t, type Language } from '@/shared/i18n'
import { changeLanguage } from '@/shared/shell/SpokenPage'
import { Button } from '@/shared/widgets/Button'
import { Segmented, TextField } from '@/shared/widgets/Field'
import { complain, say } from '@/shared/widgets/undo'
import { OwnUsage } from '@/keeping/OwnUsage'
import { Row } from './Row'
import styles from './Settings.module.css'

export function Profile() {
  const me = useMe()
  const [name, setName] = useState(me.name)
  const [busy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setBusy(true)
    try {
      await changeMe({ name: name.trim() })
      say(t('settings.saved'))
    } catch (error) {
      complain(`${t('settings.notSaved')} ${asProblem(error).detail}`.trim())
    } finally {
      setBusy(false)
    }
  }
  const choose = async (next: Language) => {
    await changeLanguage(next)
    await changeMe({ language: next }).catch(() => complain(t('settings.notSaved')))
  }

  return (
    <>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        <TextField label={t('settings.name')} value={name} required onChange={(event) => setName(event.target.value)} hint={t('settings.nameHint')} />
        <TextField label={t('settings.address')} value={me.address} readOnly />
        <div>
          <Button type="submit" look="main" busy={busy} disabled={busy || !name.trim() || name.trim() === me.name}>
            {t('common.save')}
          </Button>
        </div>
      </form>
      <Row label={t('settings.language')} hint={t('settings.languageHint')}>
        <Segmented
          label={t('settings.language')}
          value={language()}
          choices={[
            { value: 'zh-CN', label: '简体中文' },
            { value: 'en', label: 'English' },
          ]}
          onChange={(next) => void choose(next)}
        />
      </Row>
      <OwnUsage />
    </>
  )
}
