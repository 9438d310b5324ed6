import { IconChevronDown, IconChevronUp, IconX } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { IconButton } from '@/shared/widgets/Button'
import { ComposerForm } from './ComposerForm'
import { putAside } from './sending'
import { changeComposer, useComposers } from './store'
import styles from './frames.module.css'

/** Letters in windows at the lower edge; the page behind stays usable. */
export function Windows() {
  const open = useComposers((state) => state.open)
  return (
    <div className={styles.windows}>
      {open
        .filter((composer) => composer.frame === 'window')
        .map(({ key, folded, letter }) => (
          <section key={key} className={styles.window} data-folded={folded ? '' : undefined} data-composer={key} aria-label={letter.subject || t('composer.new')}>
            <header className={styles.head}>
              <button type="button" className={styles.title} onClick={() => changeComposer(key, { folded: !folded })}>
                {letter.subject || t('composer.new')}
              </button>
              <IconButton icon={folded ? IconChevronUp : IconChevronDown} size={16} label={t(folded ? 'composer.unfold' : 'composer.fold')} onClick={() => changeComposer(key, { folded: !folded })} />
              <IconButton icon={IconX} size={16} label={t('act.write.close')} keys="escape" onClick={() => void putAside(key)} />
            </header>
            {folded ? null : <ComposerForm composerKey={key} />}
          </section>
        ))}
    </div>
  )
}
