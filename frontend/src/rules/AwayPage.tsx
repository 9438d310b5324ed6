import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Away, BuiltRules, Mailbox } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Switch, TextArea, TextField } from '@/shared/widgets/Field'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { saveRules, takeBack } from './data'
import { RuledMailbox } from './RuledMailbox'
import { newAway, zoneNow } from './away'
import styles from './Rules.module.css'

/** The answer that goes out while somebody is away. */
export function AwayPage() {
  return <RuledMailbox section="away" hint={t('away.hint')} height={240} show={(mailbox, built) => <Answer mailbox={mailbox} built={built} />} />
}

function Answer({ mailbox, built }: { mailbox: Mailbox; built: BuiltRules }) {
  if (built.by === 'hand') {
    return (
      <div className={styles.notice}>
        <span className={styles.grow}>{t('away.byHand')}</span>
        <Link to="/settings/$section" params={{ section: 'rules' }} search={{ mailbox: mailbox.address }} className={styles.link}>
          {t('away.toRules')}
        </Link>
      </div>
    )
  }
  return <Form key={built.revision} mailbox={mailbox} built={built} />
}

function Form({ mailbox, built }: { mailbox: Mailbox; built: BuiltRules }) {
  const [away, setAway] = useState<Away>(built.away ?? newAway(mailbox))
  const [busy, setBusy] = useState(false)
  const set = (next: Partial<Away>) => setAway({ ...away, ...next })
  const silent = !away.chinese.trim() && !away.english.trim()
  const reversed = away.first !== null && away.last !== null && away.last < away.first
  const save = async () => {
    setBusy(true)
    await keep(mailbox.id, built, { ...away, zone: zoneNow(away.first) })
    setBusy(false)
  }
  return (
    <div className={styles.away}>
      <div className={styles.switched}>
        <span>{t('away.on')}</span>
        <Switch label={t('away.on')} checked={away.on} onChange={(on) => set({ on })} />
      </div>
      <div className={styles.days}>
        <TextField label={t('away.first')} type="date" value={away.first ?? ''} onChange={(event) => set({ first: event.target.value || null })} />
        <TextField
          label={t('away.last')}
          type="date"
          value={away.last ?? ''}
          error={reversed ? t('away.wrongDays') : undefined}
          onChange={(event) => set({ last: event.target.value || null })}
        />
      </div>
      <p className={styles.hint}>{t('away.daysHint')}</p>
      <TextField label={t('away.subject')} hint={t('away.subjectHint')} value={away.subject} onChange={(event) => set({ subject: event.target.value })} />
      <TextArea label={t('away.chinese')} lang="zh-CN" value={away.chinese} onChange={(event) => set({ chinese: event.target.value })} />
      <TextArea label={t('away.english')} lang="en" hint={t('away.textsHint')} value={away.english} onChange={(event) => set({ english: event.target.value })} />
      <TextField
        label={t('away.days')}
        type="number"
        min={1}
        max={365}
        value={away.days}
        onChange={(event) => set({ days: Math.min(365, Math.max(1, Math.round(event.target.valueAsNumber || 1))) })}
      />
      <Aliases mailbox={mailbox} chosen={away.addresses} onChange={(addresses) => set({ addresses })} />
      {silent && away.on ? <p className={styles.hint}>{t('away.needsText')}</p> : null}
      <div>
        <Button look="main" busy={busy} disabled={busy || silent || reversed} onClick={() => void save()}>
          {t('common.save')}
        </Button>
      </div>
    </div>
  )
}

/** Mail to another address of the mailbox is answered when that is wanted (RFC 5230 4.5). */
function Aliases({ mailbox, chosen, onChange }: { mailbox: Mailbox; chosen: readonly string[]; onChange: (addresses: string[]) => void }) {
  if (mailbox.aliases.length === 0) return null
  return (
    <fieldset className={styles.part}>
      <legend className={styles.legend}>{t('away.addresses')}</legend>
      {mailbox.aliases.map((alias) => (
        <label key={alias} className={styles.choice}>
          <input
            type="checkbox"
            checked={chosen.includes(alias)}
            onChange={(event) => onChange(event.target.checked ? [...chosen, alias] : chosen.filter((each) => each !== alias))}
          />
          {alias}
        </label>
      ))}
    </fieldset>
  )
}

async function keep(mailbox: string, before: BuiltRules, away: Away): Promise<void> {
  try {
    const saved = await saveRules(mailbox, before, { rules: before.rules, away })
    offerUndo(t('away.saved'), () => {
      takeBack(mailbox, before, saved).catch(() => complain(t('common.notUndone')))
    })
  } catch (error) {
    complain(`${t('settings.notSaved')} ${asProblem(error).detail}`.trim())
  }
}
