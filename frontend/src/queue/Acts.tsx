import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react'
import { t } from '@/shared/i18n'
import { acts } from '@/shared/keys/table'
import { IconButton } from '@/shared/widgets/Button'
import { hold, release, retry, type Target } from './acting'
import styles from './Queue.module.css'

/** What can be done with a site's mail, or with one. */
export function Acts({ target, onDrop }: { target: Target; onDrop: (target: Target) => void }) {
  const { name } = target
  const holding = target.held < target.count
  return (
    <div className={styles.acts}>
      <IconButton
        icon={IconRefresh}
        label={t('queue.retry', { name })}
        keys={acts['queue.retry'].keys[0]}
        disabled={!holding}
        onClick={() => void retry(target)}
      />
      <IconButton
        icon={holding ? IconPlayerPause : IconPlayerPlay}
        label={t(holding ? 'queue.hold' : 'queue.release', { name })}
        keys={acts['queue.hold'].keys[0]}
        onClick={() => void (holding ? hold(target) : release(target))}
      />
      <IconButton icon={IconTrash} label={t('queue.drop', { name })} keys={acts['queue.drop'].keys[0]} onClick={() => onDrop(target)} />
    </div>
  )
}
