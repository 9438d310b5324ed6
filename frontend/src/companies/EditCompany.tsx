import { useState } from 'react'
import type { Company } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { offerBack } from '@/shared/widgets/taking'
import { say } from '@/shared/widgets/undo'
import { CompanyFields, fieldsOf, wordsOf } from './CompanyFields'
import { changeCompany } from './data'

interface Props {
  company: Company
  open: boolean
  onClose: () => void
}

/** What is known of a company, to be put right. */
export function EditCompany({ company, open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={t('contacts.editTitle', { name: company.name })}>
      <Form company={company} onDone={onClose} />
    </Dialog>
  )
}

function Form({ company, onDone }: { company: Company; onDone: () => void }) {
  // As it stood when one began: a change that arrives meanwhile must be refused, not overwritten.
  const [before] = useState(company)
  return (
    <RecordForm
      verb={t('common.save')}
      keep={(text) => changeCompany(before.id, before.version, fieldsOf(text))}
      onKept={(after) => told(before, after)}
      onDone={onDone}
      wordsOf={wordsOf}
      meanwhile={t('companies.changedMeanwhile')}
    >
      {(wrong) => <CompanyFields company={before} wrong={wrong} />}
    </RecordForm>
  )
}

function told(before: Company, after: Company): void {
  if (after.version === before.version) return
  const words = t('companies.saved', { name: after.name })
  // Contacts at a domain that was added work there now; taking the domain away would leave them so.
  if (after.domains.some((domain) => !before.domains.includes(domain))) say(words)
  else offerBack(words, () => changeCompany(after.id, after.version, asItWas(before)))
}

function asItWas({ name, domains, website, industry, region, note }: Company) {
  return { name, domains, website, industry, region, note }
}
