import { Bone, Later } from '@/shared/widgets/States'
import { t } from '@/shared/i18n'
import { RowBones } from '@/shared/widgets/Rows'
import styles from './NavSkeleton.module.css'

/** The frame before the member is known. */
export function NavSkeleton() {
  return (
    <Later>
      <div className={styles.frame} role="status" aria-label={t('common.loading')}>
        <div className={styles.rail}>
          <Bone width={28} height={28} />
        </div>
        <div className={styles.list}>
          <RowBones count={10} />
        </div>
        <div className={styles.reader} />
      </div>
    </Later>
  )
}
