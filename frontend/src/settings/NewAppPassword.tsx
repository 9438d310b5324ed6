import { IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { readAgain } from '@/shared/api/cache'
import { api } from '@/shared/api/client'
import type { Problem } from '@/shared/api/problem'
import type { MadeAppPassword, MailProtocol } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { complain, say } from '@/shared/widgets/undo'
import { LABELS, PROTOCOLS } from './protocols'
import styles from './Settings.module.css'

interface Made {
  name: string
  password: string
}

/** Asks what for, then shows the password, once. */
export function NewAppPassword({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [made, setMade] = useState<Made | null>(null)
  return (
    <>
      <Dialog open={open} onClose={onClose} title={t('settings.app.add')}>
        <Form onDone={onClose} onMade={setMade} />
      </Dialog>
      <Dialog open={made !== null} onClose={() => setMade(null)} title={made ? t('settings.app.made', { name: made.name }) : ''}>
        {made ? <Shown password={made.password} onClose={() => setMade(null)} /> : null}
      </Dialog>
    </>
  )
}

function Form({ onDone, onMade }: { onDone: () => void; onMade: (made: Made) => void }) {
  const [name, setName] = useState('')
  const [current, setCurrent] = useState('')
  const [chosen, setChosen] = useState<readonly MailProtocol[]>(PROTOCOLS)
  const choose = (protocol: MailProtocol, wanted: boolean) => {
    const next = PROTOCOLS.filter((each) => (each === protocol ? wanted : chosen.includes(each)))
    if (next.length > 0) setChosen(next)
  }
  return (
    <RecordForm
      verb={t('common.make')}
      keep={() => api.post<MadeAppPassword>('/me/app-passwords', { name, current, protocols: chosen })}
      onKept={async ({ password }) => {
        onMade({ name: name.trim(), password })
        await readAgain(['app-passwords'])
      }}
      onDone={onDone}
      meanwhile={t('settings.app.tooMany')}
      wordsOf={wordsOf}
    >
      {(wrong) => (
        <>
          <TextField
            label={t('settings.app.name')}
            name="name"
            required
            maxLength={100}
            autoComplete="off"
            hint={t('settings.app.nameHint')}
            error={wrong('name')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <fieldset className={styles.protocols}>
            <legend>{t('settings.app.for')}</legend>
            {PROTOCOLS.map((protocol) => (
              <label key={protocol}>
                <input type="checkbox" checked={chosen.includes(protocol)} onChange={(event) => choose(protocol, event.target.checked)} />
                {t(LABELS[protocol])}
              </label>
            ))}
          </fieldset>
          <TextField
            label={t('settings.passwordNow')}
            name="current"
            type="password"
            required
            autoComplete="current-password"
            hint={t('settings.app.currentHint')}
            error={wrong('current')}
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </>
      )}
    </RecordForm>
  )
}

function wordsOf(_: Problem, field: string): string {
  return t(field === 'current' ? 'settings.passwordWrong' : 'settings.app.wrongName')
}

const GROUP = /.{1,4}/g

/** In groups for the eye; what is copied has no gaps. */
function Shown({ password, onClose }: { password: string; onClose: () => void }) {
  const copy = () =>
    navigator.clipboard.writeText(password).then(
      () => say(t('settings.app.copied')),
      () => complain(t('common.notDone')),
    )
  return (
    <>
      <DialogBody>
        <p className={styles.secret} data-secret={password}>
          {(password.match(GROUP) ?? []).map((group, place) => (
            <span key={place}>{group}</span>
          ))}
        </p>
        <p className={styles.hint}>{t('settings.app.once')}</p>
      </DialogBody>
      <DialogFoot>
        <Button icon={IconCopy} onClick={() => void copy()}>
          {t('settings.app.copy')}
        </Button>
        <Button look="main" onClick={onClose}>
          {t('settings.app.noted')}
        </Button>
      </DialogFoot>
    </>
  )
}
