import { Popover } from '@base-ui/react/popover'
import { useState, type ReactElement } from 'react'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { Button } from '@/shared/widgets/Button'
import { fieldValue, moments } from './later'
import styles from './LaterMenu.module.css'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  onChoose: (at: string) => void
  children: ReactElement
}

/** When it should leave: a moment people mean, or any. */
export function LaterMenu({ open, onOpenChange, onChoose, children }: Props) {
  const [own, setOwn] = useState('')
  const choose = (at: Date) => {
    onOpenChange(false)
    onChoose(at.toISOString())
  }
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger render={children} />
      <Popover.Portal>
        <Popover.Positioner className={styles.positioner} side="top" align="start" sideOffset={8}>
          <Popover.Popup className={styles.popup}>
            <Popover.Title className={styles.title}>{t('act.write.later')}</Popover.Title>
            {moments(new Date()).map(({ key, at }) => (
              <button key={key} type="button" className={styles.moment} onClick={() => choose(at)}>
                {t(key)}
                <span className={styles.when}>{messageTime(at.toISOString())}</span>
              </button>
            ))}
            <div className={styles.own}>
              <input
                type="datetime-local"
                className={styles.field}
                aria-label={t('later.other')}
                min={fieldValue(new Date())}
                value={own}
                onChange={(event) => setOwn(event.target.value)}
              />
              <Button disabled={!own || new Date(own) <= new Date()} onClick={() => choose(new Date(own))}>
                {t('common.apply')}
              </Button>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
