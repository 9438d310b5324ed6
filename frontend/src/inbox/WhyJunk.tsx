import { IconChevronDown, IconMailExclamation } from '@tabler/icons-react'
import { useState } from 'react'
import { useMe } from '@/shared/api/me'
import type { JunkReason, Message } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { inJunk, reasonWords } from './junk'
import styles from './WhyJunk.module.css'

/** In Junk: what spoke against this message, on demand and in words. */
export function WhyJunk({ message }: { message: Message }) {
  const me = useMe()
  const [open, setOpen] = useState(false)
  if (message.outgoing || !inJunk(message, me.mailboxes)) return null
  return (
    <div className={styles.why}>
      <button type="button" className={styles.ask} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconMailExclamation size={16} stroke={1.75} aria-hidden />
        {t('junk.why')}
        <IconChevronDown size={12} aria-hidden />
      </button>
      {open ? <Reasons reasons={message.junk_reasons} /> : null}
    </div>
  )
}

function Reasons({ reasons }: { reasons: readonly JunkReason[] }) {
  if (reasons.length === 0) return <p className={styles.reason}>{t('junk.moved')}</p>
  return (
    <ul className={styles.reasons}>
      {reasons.map((reason) => {
        const { said, examples } = reasonWords(reason)
        return (
          <li key={reason.kind} className={styles.reason}>
            {said}
            {examples.map((example) => (
              <bdi key={example} className={styles.example}>
                {example}
              </bdi>
            ))}
          </li>
        )
      })}
      <li className={styles.hint}>{t('junk.hint')}</li>
    </ul>
  )
}
