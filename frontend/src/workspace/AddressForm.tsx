import { useState } from 'react'
import { asProblem, type Problem } from '@/shared/api/problem'
import type { HostedAddress } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { complain, offerUndo } from '@/shared/widgets/undo'
import styles from './Addresses.module.css'
import { removeAddress, setAddress } from './data'

interface Props {
  open: boolean
  /** What is changed; null: one is made. */
  address: HostedAddress | null
  /** Whom it may mean. */
  mailboxes: readonly string[]
  onClose: () => void
}

/** An address and who gets its mail. */
export function AddressForm({ open, address, mailboxes, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={address ? address.address : t('addresses.add')}>
      <Form key={address?.address ?? ''} before={address} mailboxes={mailboxes} onDone={onClose} />
    </Dialog>
  )
}

const SEPARATORS = /[\s,;，；、]+/

/** Above this many a person would rather type than look. */
const LONG = 8

function Form({ before, mailboxes, onDone }: { before: HostedAddress | null; mailboxes: readonly string[]; onDone: () => void }) {
  const [chosen, setChosen] = useState<readonly string[]>(before?.mailboxes ?? [])
  const [sought, setSought] = useState('')
  const shown = mailboxes.filter((each) => each.includes(sought.trim().toLowerCase()))
  return (
    <RecordForm
      verb={t(before ? 'common.save' : 'common.make')}
      keep={(text) =>
        setAddress(before ? before.address : text('address'), { mailboxes: [...chosen], forward_to: text('forwardTo').split(SEPARATORS).filter(Boolean) })
      }
      onKept={(kept) => {
        offerUndo(t('addresses.saved', { address: kept.address }), () => void takeBack(kept, before))
      }}
      onDone={onDone}
      meanwhile={t('addresses.taken')}
      wordsOf={wordsOf}
    >
      {(wrong) => (
        <>
          {before ? null : (
            <TextField
              label={t('settings.address')}
              name="address"
              required
              autoComplete="off"
              spellCheck={false}
              hint={t('addresses.addressHint')}
              error={wrong('address')}
            />
          )}
          <fieldset className={styles.mailboxes}>
            <legend className={styles.legend}>{t('addresses.to')}</legend>
            {mailboxes.length > LONG ? <TextField label={t('common.find')} value={sought} onChange={(event) => setSought(event.target.value)} /> : null}
            <div className={styles.choices}>
              {shown.map((each) => (
                <label key={each} className={styles.choice}>
                  <input
                    type="checkbox"
                    checked={chosen.includes(each)}
                    onChange={(event) => setChosen(event.target.checked ? [...chosen, each] : chosen.filter((other) => other !== each))}
                  />
                  {each}
                </label>
              ))}
            </div>
            {wrong('mailboxes') ? (
              <p role="alert" className={styles.wrong}>
                {wrong('mailboxes')}
              </p>
            ) : null}
          </fieldset>
          <TextField
            label={t('addresses.forwardTo')}
            name="forwardTo"
            defaultValue={before?.forward_to.join(' ')}
            autoComplete="off"
            spellCheck={false}
            hint={t('addresses.forwardHint')}
            error={wrong('forward_to')}
          />
        </>
      )}
    </RecordForm>
  )
}

function wordsOf(_: Problem, field: string): string {
  if (field === 'forward_to') return t('addresses.wrongForward')
  return t(field === 'mailboxes' ? 'addresses.wrongMailboxes' : 'addresses.wrongAddress')
}

async function takeBack(kept: HostedAddress, before: HostedAddress | null): Promise<void> {
  try {
    if (before) await setAddress(before.address, before)
    else await removeAddress(kept.address)
  } catch (error) {
    complain(`${t('common.notUndone')} ${asProblem(error).detail}`.trim())
  }
}
