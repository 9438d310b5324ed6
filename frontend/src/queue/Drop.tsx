import { useState } from 'react'
import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'
import { complain, say } from '@/shared/widgets/undo'
import type { Target } from './acting'
import { change, MOST, readRecipients, type Filter } from './data'

interface Props {
  target: Target | null
  filter: Filter
  onClose: () => void
}

/** Giving up cannot be taken back, so it says what becomes of the mail first. */
export function Drop({ target, filter, onClose }: Props) {
  const [busy, setBusy] = useState(false)
  const count = Math.min(target?.count ?? 0, MOST)
  const drop = async () => {
    if (!target) return
    setBusy(true)
    try {
      const { choice } = target
      const ids = 'site' in choice ? (await readRecipients(choice.site, filter, MOST)).map((each) => each.id) : choice.recipients
      const dropped = ids.length > 0 ? await change('drop', { recipients: ids }) : 0
      say(t('queue.dropped', { count: dropped }))
    } catch (error) {
      complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
    } finally {
      setBusy(false)
      onClose()
    }
  }
  return (
    <Dialog open={target !== null} onClose={onClose} title={t('queue.dropTitle', { count })}>
      <DialogBody>{t('queue.dropWords', { name: target?.name ?? '' })}</DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button look="danger" busy={busy} onClick={() => void drop()}>
          {t('queue.dropYes', { count })}
        </Button>
      </DialogFoot>
    </Dialog>
  )
}
