import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { LinkedAccount } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { complain, say } from '@/shared/widgets/undo'
import styles from './Accounts.module.css'
import { unlinkAccount } from './data'

interface Props {
  account: LinkedAccount | null
  onClose: () => void
}

/** Asks what becomes of the mail that is here. Nothing changes at the provider, either way. */
export function Unlinking({ account, onClose }: Props) {
  return (
    <Dialog open={account !== null} onClose={onClose} title={t('accounts.unlinkTitle', { address: account?.address ?? '' })}>
      {account ? <Choice account={account} onClose={onClose} /> : null}
    </Dialog>
  )
}

function Choice({ account, onClose }: { account: LinkedAccount; onClose: () => void }) {
  const [keep, setKeep] = useState(true)
  const [busy, setBusy] = useState(false)
  const { id, address, counts } = account
  const unlink = async () => {
    setBusy(true)
    try {
      await unlinkAccount(id, keep)
      say(t('accounts.unlinked', { address }))
    } catch (error) {
      complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
    }
    onClose()
  }
  const choices = [
    { value: true, label: t('accounts.keepMail', { count: counts.stored }), hint: t('accounts.keepMailHint') },
    { value: false, label: t('accounts.dropMail', { count: counts.stored }), hint: t('accounts.dropMailHint') },
  ]
  return (
    <>
      <DialogBody>
        <p>{t('accounts.unlinkWords')}</p>
        <fieldset className={styles.choice}>
          <legend className="hidden-visually">{t('accounts.unlinkTitle', { address })}</legend>
          {choices.map(({ value, label, hint }) => (
            <label key={label} className={styles.option}>
              <input type="radio" name="keep" checked={keep === value} onChange={() => setKeep(value)} />
              <span className={styles.name}>
                {label}
                <span className={styles.optionHint}>{hint}</span>
              </span>
            </label>
          ))}
        </fieldset>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button look="danger" busy={busy} onClick={() => void unlink()}>
          {t(keep ? 'accounts.unlink' : 'accounts.unlinkAndDelete')}
        </Button>
      </DialogFoot>
    </>
  )
}
