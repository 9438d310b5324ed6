import { IconCopy } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { IconButton } from './Button'
import styles from './Copyable.module.css'
import { complain, say } from './undo'

/** Something to be put elsewhere exactly as it stands here: a record for DNS, a file. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const copy = () => navigator.clipboard.writeText(text).then(() => say(t('common.copied')), () => complain(t('common.notDone')))
  return (
    <div className={styles.box}>
      <code className={styles.text}>{text}</code>
      <IconButton icon={IconCopy} label={label} onClick={() => void copy()} />
    </div>
  )
}
