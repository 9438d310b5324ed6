import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import type { Pick } from '@/shared/widgets/Picker'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { ContactFields, fieldsOf, wordsOf } from './ContactFields'
import { addContact } from './data'

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
      verb={t('common.make')}
      keep={(text) => addContact(fieldsOf(text, company))}
      onKept={(made) => navigate({ to: '/contacts/$contact', params: { contact: made.id } })}
      onDone={onDone}
      wordsOf={wordsOf}
    >
      {(wrong) => <ContactFields company={company} onCompany={setCompany} wrong={wrong} />}
    </RecordForm>
  )
}
