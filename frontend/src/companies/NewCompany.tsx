import { useNavigate } from '@tanstack/react-router'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { CompanyFields, fieldsOf, wordsOf } from './CompanyFields'
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
      verb={t('common.make')}
      keep={(text) => addCompany(fieldsOf(text))}
      onKept={(made) => navigate({ to: '/companies/$company', params: { company: made.id } })}
      onDone={onDone}
      wordsOf={wordsOf}
    >
      {(wrong) => <CompanyFields wrong={wrong} />}
    </RecordForm>
  )
}
