import { Bone } from './States'
import styles from './Rows.module.css'

/** Grey rows in the shape of a list of threads. */
export function RowBones({ count }: { count: number }) {
  return Array.from({ length: count }, (_, index) => (
    <div key={index} className={styles.row}>
      <Bone width={32} height={32} />
      <div className={styles.lines}>
        <Bone width={`${34 + ((index * 17) % 30)}%`} />
        <Bone width={`${62 + ((index * 29) % 34)}%`} height={10} />
      </div>
    </div>
  ))
}
