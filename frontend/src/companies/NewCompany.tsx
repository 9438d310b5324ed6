import { useNavigate } from '@tanstack/react-router'
import { useState, type SubmitEvent } from 'react'
import { listed } from '@/contacts/data'
import { asProblem, type Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { addCompany } from './data'
import styles from '@/shared/widgets/Record.module.css'

/** A company; whoever writes from its domains belongs to it, also in the past. */
export function NewCompany({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t('act.write.company')}>
      <Form onDone={onClose} />
    </Dialog>
  )
}

function Form({ onDone }: { onDone: () => void }) {
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (field: string) => (form.get(field) as string).trim()
    setBusy(true)
    try {
      const made = await addCompany({
        name: text('name'),
        domains: listed(text('domains')),
        website: text('website'),
        industry: text('industry'),
        region: text('region'),
        note: text('note'),
      })
      onDone()
      await navigate({ to: '/companies/$company', params: { company: made.id } })
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  const wrong = (field: string) => (problem && field in problem.fields ? wordsOf(problem, field) : undefined)
  return (
    <form onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <div className={styles.form}>
          <TextField label={t('contacts.name')} name="name" required autoComplete="off" error={wrong('name')} />
          <TextField label={t('companies.domains')} name="domains" autoComplete="off" spellCheck={false} hint={t('companies.severalDomains')} error={wrong('domains')} />
          <TextField label={t('companies.website')} name="website" inputMode="url" autoComplete="off" error={wrong('website')} />
          <TextField label={t('companies.industry')} name="industry" autoComplete="off" error={wrong('industry')} />
          <TextField label={t('companies.region')} name="region" autoComplete="off" error={wrong('region')} />
          <TextArea label={t('contacts.note')} name="note" />
          {problem && Object.keys(problem.fields).length === 0 ? (
            <p role="alert" className={styles.wrong}>
              {t(`problem.${problem.kind}`)}
            </p>
          ) : null}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" look="main" busy={busy}>
          {t('common.make')}
        </Button>
      </DialogFoot>
    </form>
  )
}

function wordsOf(problem: Problem, field: string): string {
  if (field !== 'domains') return t('problem.invalid')
  return t(problem.kind === 'conflict' ? 'companies.domainTaken' : 'companies.domainWrong')
}
