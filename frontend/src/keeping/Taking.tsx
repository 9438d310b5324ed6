import type { Due } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'

interface Props {
  /** What the rules would take at once; null: nothing is asked. */
  due: readonly Due[] | null
  onClose: () => void
  onYes: () => void
}

/** Mail that a rule takes out does not come back, so its number is said first. */
export function Taking({ due, onClose, onYes }: Props) {
  const count = (due ?? []).reduce((sum, each) => sum + each.messages, 0)
  return (
    <Dialog open={due !== null} onClose={onClose} title={t('keeping.takingTitle')}>
      <DialogBody>{t('keeping.takingWords', { count })}</DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button look="danger" onClick={onYes}>
          {t('keeping.takingYes')}
        </Button>
      </DialogFoot>
    </Dialog>
  )
}
