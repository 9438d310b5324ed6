import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import type { Hold } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { complain, say } from '@/shared/widgets/undo'
import { liftHold } from './data'

/** What was kept is erased then, so it says how much that is first. */
export function Lifting({ hold, onClose }: { hold: Hold | null; onClose: () => void }) {
  const [busy, setBusy] = useState(false)
  const lift = async () => {
    if (!hold) return
    setBusy(true)
    try {
      await liftHold(hold.id)
      say(t('keeping.holdLifted', { mailbox: hold.mailbox }))
    } catch (error) {
      complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
    } finally {
      setBusy(false)
      onClose()
    }
  }
  return (
    <Dialog open={hold !== null} onClose={onClose} title={t('keeping.liftTitle', { mailbox: hold?.mailbox ?? '' })}>
      <DialogBody>{t('keeping.liftWords', { count: hold?.kept ?? 0 })}</DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button look="danger" busy={busy} onClick={() => void lift()}>
          {t('keeping.lift')}
        </Button>
      </DialogFoot>
    </Dialog>
  )
}
