import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { TextArea, TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { say } from '@/shared/widgets/undo'
import { quotasQuery, setHold } from './data'

const LONGEST_REASON = 2_000

/** Which mailbox, and why: the reason stays in the record. */
export function HoldForm({ open, onClose }: { open: boolean; onClose: () => void }) {
  const known = useId()
  const mailboxes = useQuery(quotasQuery).data?.items ?? []
  return (
    <Dialog open={open} onClose={onClose} title={t('keeping.hold')}>
      <RecordForm
        verb={t('keeping.hold')}
        keep={(text) => setHold(text('mailbox'), text('reason'))}
        onKept={({ mailbox }) => {
          say(t('keeping.holdSet', { mailbox }))
        }}
        onDone={onClose}
        wordsOf={(_, field) => t(field === 'mailbox' ? 'keeping.noSuchMailbox' : 'keeping.wrongReason')}
      >
        {(wrong) => (
          <>
            <TextField label={t('keeping.mailbox')} name="mailbox" list={known} required autoComplete="off" spellCheck={false} error={wrong('mailbox')} />
            <datalist id={known}>
              {mailboxes.map((each) => (
                <option key={each.mailbox_id} value={each.address}>
                  {each.name}
                </option>
              ))}
            </datalist>
            <TextArea label={t('keeping.why')} name="reason" required rows={3} maxLength={LONGEST_REASON} hint={t('keeping.whyHint')} error={wrong('reason')} />
          </>
        )}
      </RecordForm>
    </Dialog>
  )
}
