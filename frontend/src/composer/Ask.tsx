import { t } from '@/shared/i18n'
import { Button } from '@/shared/widgets/Button'
import { Dialog, DialogBody, DialogFoot } from '@/shared/widgets/Dialog'

export interface Question {
  /** Nothing can leave like this; otherwise it is asked whether it should. */
  stop: boolean
  title: string
  words: string
  sendAt: string | null
}

interface Props {
  question: Question | null
  onYes: () => void
  onNo: () => void
}

export function Ask({ question, onYes, onNo }: Props) {
  return (
    <Dialog open={question !== null} onClose={onNo} title={question?.title ?? ''}>
      <DialogBody>{question?.words}</DialogBody>
      <DialogFoot>
        <Button look={question?.stop ? 'main' : 'plain'} onClick={onNo}>
          {t('ask.back')}
        </Button>
        {question?.stop ? null : (
          <Button look="main" onClick={onYes}>
            {t('ask.sendAnyway')}
          </Button>
        )}
      </DialogFoot>
    </Dialog>
  )
}
