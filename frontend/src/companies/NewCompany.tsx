import { useNavigate } from '@tanstack/react-router'
import { listed } from '@/contacts/data'
import type { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { addCompany } from './data'

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
  return (
    <RecordForm
      add={(text) =>
        addCompany({
          name: text('name'),
          domains: listed(text('domains')),
          website: text('website'),
          industry: text('industry'),
          region: text('region'),
          note: text('note'),
        })
      }
      onMade={(made) => navigate({ to: '/companies/$company', params: { company: made.id } })}
      onDone={onDone}
      wordsOf={wordsOf}
    >
      {(wrong) => (
        <>
          <TextField label={t('contacts.name')} name="name" required autoComplete="off" error={wrong('name')} />
          <TextField label={t('companies.domains')} name="domains" autoComplete="off" spellCheck={false} hint={t('companies.severalDomains')} error={wrong('domains')} />
          <TextField label={t('companies.website')} name="website" inputMode="url" autoComplete="off" error={wrong('website')} />
          <TextField label={t('companies.industry')} name="industry" autoComplete="off" error={wrong('industry')} />
          <TextField label={t('companies.region')} name="region" autoComplete="off" error={wrong('region')} />
          <TextArea label={t('contacts.note')} name="note" />
        </>
      )}
    </RecordForm>
  )
}

function wordsOf(problem: Problem, field: string): string {
  if (field !== 'domains') return t('problem.invalid')
  return t(problem.kind === 'conflict' ? 'companies.domainTaken' : 'companies.domainWrong')
}
