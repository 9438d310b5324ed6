import { IconArrowsDiagonal, IconX } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { t } from '@/shared/i18n'
import { IconButton } from '@/shared/widgets/Button'
import { ComposerForm } from './ComposerForm'
import { putAside } from './sending'
import { changeComposer } from './store'
import styles from './frames.module.css'

/** An answer, written at the end of its thread. */
export function InlineComposer({ composerKey }: { composerKey: string }) {
  const letter = useRef<HTMLElement>(null)
  useEffect(() => {
    letter.current?.scrollIntoView({ block: 'nearest' })
  }, [composerKey])
  return (
    <section ref={letter} className={styles.inline} data-composer={composerKey} aria-label={t('composer.reply')}>
      <div className={styles.corner}>
        <IconButton icon={IconArrowsDiagonal} size={14} label={t('composer.popOut')} onClick={() => changeComposer(composerKey, { frame: 'window' })} />
        <IconButton icon={IconX} size={14} label={t('act.write.close')} keys="escape" onClick={() => void putAside(composerKey)} />
      </div>
      <ComposerForm composerKey={composerKey} />
    </section>
  )
}
