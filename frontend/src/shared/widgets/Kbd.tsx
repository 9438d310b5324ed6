import { caps } from '@/shared/keys/chord'
import styles from './Kbd.module.css'

/** The caps of a shortcut, as drawn in menus, tooltips and help. Hidden from screen readers: `aria-keyshortcuts` tells them. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className={styles.keys} aria-hidden>
      {caps(keys).map((cap, index) => (
        <kbd key={index} className={styles.cap}>
          {cap}
        </kbd>
      ))}
    </span>
  )
}
