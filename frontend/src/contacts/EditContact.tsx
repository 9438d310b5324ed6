import { useState } from 'react'
import type { Contact } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { offerBack } from '@/shared/widgets/taking'
import { say } from '@/shared/widgets/undo'
import { ContactFields, fieldsOf, pickOf, wordsOf } from './ContactFields'
import { changeContact } from './data'

interface Props {
  contact: Contact
  name: string
  open: boolean
  onClose: () => void
}

/** What is known of somebody, to be put right. */
export function EditContact({ contact, name, open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={t('contacts.editTitle', { name })}>
      <Form contact={contact} onDone={onClose} />
    </Dialog>
  )
}

function Form({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  // As it stood when one began: a change that arrives meanwhile must be refused, not overwritten.
  const [before] = useState(contact)
  const [company, setCompany] = useState(pickOf(before.company))
  return (
    <RecordForm
      verb={t('common.save')}
      keep={(text) => changeContact(before.id, before.version, fieldsOf(text, company))}
      onKept={(after) => told(before, after)}
      onDone={onDone}
      wordsOf={wordsOf}
      meanwhile={t('contacts.changedMeanwhile')}
    >
      {(wrong) => <ContactFields contact={before} company={company} onCompany={setCompany} wrong={wrong} />}
    </RecordForm>
  )
}

function told(before: Contact, after: Contact): void {
  if (after.version === before.version) return
  const words = t('contacts.saved', { name: after.name })
  // An address may have come from an unknown sender, who is then gone: that cannot be given back.
  if (after.addresses.some((address) => !before.addresses.includes(address))) say(words)
  else offerBack(words, () => changeContact(after.id, after.version, asItWas(before)))
}

function asItWas({ name, addresses, title, phones, note, company }: Contact) {
  return { name, addresses, title, phones, note, company_id: company?.id ?? null }
}
