import { listed } from '@/contacts/data'
import type { Problem } from '@/shared/api/problem'
import type { Company } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { TextArea, TextField } from '@/shared/widgets/Field'
import type { TextOf } from '@/shared/widgets/RecordForm'

interface Props {
  company?: Company
  wrong: (field: string) => string | undefined
}

/** What a member may say of a company: the same for a new one and one that is there. */
export function CompanyFields({ company, wrong }: Props) {
  return (
    <>
      <TextField label={t('contacts.name')} name="name" required autoComplete="off" defaultValue={company?.name} error={wrong('name')} />
      <TextField
        label={t('companies.domains')}
        name="domains"
        autoComplete="off"
        spellCheck={false}
        defaultValue={company?.domains.join(', ')}
        hint={t('companies.severalDomains')}
        error={wrong('domains')}
      />
      <TextField label={t('companies.website')} name="website" inputMode="url" autoComplete="off" defaultValue={company?.website} error={wrong('website')} />
      <TextField label={t('companies.industry')} name="industry" autoComplete="off" defaultValue={company?.industry} error={wrong('industry')} />
      <TextField label={t('companies.region')} name="region" autoComplete="off" defaultValue={company?.region} error={wrong('region')} />
      <TextArea label={t('contacts.note')} name="note" defaultValue={company?.note} error={wrong('note')} />
    </>
  )
}

export function fieldsOf(text: TextOf) {
  return {
    name: text('name'),
    domains: listed(text('domains')),
    website: text('website'),
    industry: text('industry'),
    region: text('region'),
    note: text('note'),
  }
}

export function wordsOf(problem: Problem, field: string): string {
  if (field !== 'domains') return t('problem.invalid')
  return t(problem.kind === 'conflict' ? 'companies.domainTaken' : 'companies.domainWrong')
}
