import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { findCompanies } from '@/companies/data'
import type { Problem } from '@/shared/api/problem'
import type { Contact, Ref } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { Picker, type Pick } from '@/shared/widgets/Picker'
import type { TextOf } from '@/shared/widgets/RecordForm'
import { listed } from './data'

interface Props {
  contact?: Contact
  company: Pick | null
  onCompany: (pick: Pick | null) => void
  wrong: (field: string) => string | undefined
}

/** What a member may say of a contact: the same for a new one and one that is there. */
export function ContactFields({ contact, company, onCompany, wrong }: Props) {
  return (
    <>
      <TextField label={t('contacts.name')} name="name" required autoComplete="off" defaultValue={contact?.name} error={wrong('name')} />
      <TextField
        label={t('contacts.address')}
        name="addresses"
        inputMode="email"
        autoComplete="off"
        spellCheck={false}
        defaultValue={contact?.addresses.join(', ')}
        hint={t('contacts.severalAddresses')}
        error={wrong('addresses')}
      />
      <CompanyPicker chosen={company} onChoose={onCompany} />
      <TextField label={t('contacts.title')} name="title" autoComplete="off" defaultValue={contact?.title} error={wrong('title')} />
      <TextField label={t('customer.phone')} name="phones" type="tel" autoComplete="off" defaultValue={contact?.phones.join('; ')} error={wrong('phones')} />
      <TextArea label={t('contacts.note')} name="note" defaultValue={contact?.note} error={wrong('note')} />
    </>
  )
}

export function fieldsOf(text: TextOf, company: Pick | null) {
  return {
    name: text('name'),
    addresses: listed(text('addresses')),
    title: text('title'),
    phones: listed(text('phones')),
    note: text('note'),
    company_id: company?.id ?? null,
  }
}

export function wordsOf(problem: Problem, field: string): string {
  if (field !== 'addresses') return t('problem.invalid')
  return t(problem.kind === 'conflict' ? 'contacts.addressTaken' : 'contacts.addressWrong')
}

/** A company as the picker shows it. */
export function pickOf(company: Ref | null): Pick | null {
  return company ? { id: company.id, name: company.name, note: '' } : null
}

function CompanyPicker({ chosen, onChoose }: { chosen: Pick | null; onChoose: (pick: Pick | null) => void }) {
  const [typed, setTyped] = useState('')
  const asked = typed.trim()
  const found = useQuery({ ...findCompanies(asked), enabled: asked !== '' })
  const hits = asked ? (found.data?.items ?? []).map((company) => ({ id: company.id, name: company.name, note: company.domains.join(t('common.comma')) })) : []
  return <Picker label={t('contacts.company')} chosen={chosen} hits={hits} typed={typed} onType={setTyped} onChoose={onChoose} />
}
