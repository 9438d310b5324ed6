import { useMutation } from '@tanstack/react-query'
import { IconFlask, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Mailbox, Rule, RuleTrial } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { shortTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { Segmented } from '@/shared/widgets/Field'
import { ActionRow } from './ActionRow'
import { ConditionRow } from './ConditionRow'
import { tryRule } from './data'
import { contradicts, isComplete, newAction, newCondition } from './parts'
import styles from './Rules.module.css'

interface Props {
  title: string
  before: Rule
  mailbox: Mailbox
  onKeep: (rule: Rule) => Promise<void>
  onClose: () => void
}

/** One rule: when, and then what. It can be tried before it is saved. */
export function RuleForm({ title, before, mailbox, onKeep, onClose }: Props) {
  const [rule, setRule] = useState(before)
  const [asked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const trial = useMutation({ mutationFn: () => tryRule(mailbox.id, rule) })
  const change = (next: Partial<Rule>) => {
    setRule({ ...rule, ...next })
    trial.reset()
  }
  const missing = !isComplete(rule)
  const against = contradicts(rule)
  const save = async () => {
    setAsked(true)
    if (missing || against) return
    setBusy(true)
    await onKeep(rule)
    setBusy(false)
  }
  return (
    <Dialog open onClose={onClose} title={title} wide>
      <DialogBody>
        <div className={styles.form}>
          <Conditions rule={rule} mailbox={mailbox} onChange={change} />
          <Actions rule={rule} mailbox={mailbox} onChange={change} />
          {asked && missing ? <Wrong words={t('rules.incomplete')} /> : null}
          {against ? <Wrong words={t('rules.contradiction')} /> : null}
          {trial.data ? <Tried trial={trial.data} /> : null}
          {trial.isError ? <Wrong words={`${t('rules.notTried')} ${asProblem(trial.error).detail}`} /> : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button icon={IconFlask} className={styles.try} busy={trial.isPending} onClick={() => (missing ? setAsked(true) : trial.mutate())}>
          {t('rules.try')}
        </Button>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button look="main" busy={busy} onClick={() => void save()}>
          {t('common.save')}
        </Button>
      </DialogFoot>
    </Dialog>
  )
}

interface PartProps {
  rule: Rule
  mailbox: Mailbox
  onChange: (next: Partial<Rule>) => void
}

function Conditions({ rule, mailbox, onChange }: PartProps) {
  const { conditions } = rule
  const own = [mailbox.address, ...mailbox.aliases]
  return (
    <fieldset className={styles.part}>
      <legend className={styles.legend}>{t('rules.when')}</legend>
      {conditions.length > 1 ? (
        <Segmented
          label={t('rules.when')}
          value={rule.match}
          choices={[
            { value: 'all', label: t('rules.matchAll') },
            { value: 'any', label: t('rules.matchAny') },
          ]}
          onChange={(match) => onChange({ match })}
        />
      ) : null}
      {conditions.length === 0 ? <p className={styles.hint}>{t('rules.every')}</p> : null}
      {conditions.map((condition, at) => (
        <ConditionRow
          key={at}
          number={at + 1}
          condition={condition}
          own={own}
          onChange={(next) => onChange({ conditions: conditions.map((each, index) => (index === at ? next : each)) })}
          onRemove={() => onChange({ conditions: conditions.filter((_, index) => index !== at) })}
        />
      ))}
      <div>
        <Button look="quiet" icon={IconPlus} onClick={() => onChange({ conditions: [...conditions, newCondition()] })}>
          {t('rules.addCondition')}
        </Button>
      </div>
    </fieldset>
  )
}

function Actions({ rule, mailbox, onChange }: PartProps) {
  const { actions } = rule
  return (
    <fieldset className={styles.part}>
      <legend className={styles.legend}>{t('rules.then')}</legend>
      {actions.map((action, at) => (
        <ActionRow
          key={at}
          number={at + 1}
          action={action}
          folders={mailbox.folders}
          onChange={(next) => onChange({ actions: actions.map((each, index) => (index === at ? next : each)) })}
          onRemove={() => onChange({ actions: actions.filter((_, index) => index !== at) })}
        />
      ))}
      <div>
        <Button look="quiet" icon={IconPlus} onClick={() => onChange({ actions: [...actions, newAction('flag')] })}>
          {t('rules.addAction')}
        </Button>
      </div>
    </fieldset>
  )
}

function Tried({ trial }: { trial: RuleTrial }) {
  const fits = trial.rules[0]
  if (!fits) return null
  return (
    <div className={styles.tried} role="status">
      <p className={styles.count}>{t('rules.tried', { count: fits.count, looked: trial.looked })}</p>
      <ul>
        {fits.newest.map((mail) => (
          <li key={mail.id} className={styles.mail}>
            <span className={styles.sender}>{mail.sender}</span>
            <span className={styles.subject}>{mail.subject}</span>
            <time dateTime={mail.at}>{shortTime(mail.at)}</time>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Wrong({ words }: { words: string }) {
  return (
    <p role="alert" className={styles.wrong}>
      {words}
    </p>
  )
}
