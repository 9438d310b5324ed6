import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { findCompanies } from '@/companies/data'
import type { Problem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { Picker, type Pick } from '@/shared/widgets/Picker'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { addContact, listed } from './data'

/** Somebody who has not written yet. */
export function NewContact({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t('act.write.contact')}>
      <Form onDone={onClose} />
    </Dialog>
  )
}

function Form({ onDone }: { onDone: () => void }) {
  const navigate = useNavigate()
  const [company, setCompany] = useState<Pick | null>(null)
  return (
    <RecordForm
      add={(text) =>
        addContact({
          name: text('name'),
          addresses: listed(text('addresses')),
          title: text('title'),
          phones: listed(text('phones')),
          note: text('note'),
          company_id: company?.id ?? null,
        })
      }
      onMade={(made) => navigate({ to: '/contacts/$contact', params: { contact: made.id } })}
      onDone={onDone}
      wordsOf={wordsOf}
    >
      {(wrong) => (
        <>
          <TextField label={t('contacts.name')} name="name" required autoComplete="off" error={wrong('name')} />
          <TextField label={t('contacts.address')} name="addresses" inputMode="email" autoComplete="off" hint={t('contacts.severalAddresses')} error={wrong('addresses')} />
          <CompanyPicker chosen={company} onChoose={setCompany} />
          <TextField label={t('contacts.title')} name="title" autoComplete="off" error={wrong('title')} />
          <TextField label={t('customer.phone')} name="phones" type="tel" autoComplete="off" error={wrong('phones')} />
          <TextArea label={t('contacts.note')} name="note" />
        </>
      )}
    </RecordForm>
  )
}

function wordsOf(problem: Problem, field: string): string {
  if (field !== 'addresses') return t('problem.invalid')
  return t(problem.kind === 'conflict' ? 'contacts.addressTaken' : 'contacts.addressWrong')
}

function CompanyPicker({ chosen, onChoose }: { chosen: Pick | null; onChoose: (company: Pick | null) => void }) {
  const [typed, setTyped] = useState('')
  const asked = typed.trim()
  const found = useQuery({ ...findCompanies(asked), enabled: asked !== '' })
  const hits = asked ? (found.data?.items ?? []).map(({ id, name, domains }) => ({ id, name, note: domains.join(t('common.comma')) })) : []
  return <Picker label={t('contacts.company')} chosen={chosen} hits={hits} typed={typed} onType={setTyped} onChoose={onChoose} />
}
