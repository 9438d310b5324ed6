import { classes } from './classes'
import styles from './FileName.module.css'

/** Its beginning, which is cut when it is long; its end; and what says what the file is. */
export function splitName(name: string): [string, string, string] {
  const dot = name.lastIndexOf('.')
  const cut = dot > 0 && name.length - dot <= 6 ? dot : name.length
  const tail = Math.max(0, cut - 6)
  return [name.slice(0, tail), name.slice(tail, cut), name.slice(cut)]
}

/** Each part stands for itself: letters of a script that runs to the left cannot put another ending at the end. */
export function FileName({ name, className }: { name: string; className?: string | undefined }) {
  const [head, tail, ending] = splitName(name)
  return (
    <span className={classes(styles.name, className)} dir="ltr">
      <bdi className={styles.head}>{head}</bdi>
      <bdi className={styles.tail}>{tail}</bdi>
      <bdi className={styles.tail} dir="ltr">
        {ending}
      </bdi>
    </span>
  )
}

const TO_THE_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** Names in a row of words; those that run to the left keep to themselves, their endings at the right (UAX #9, isolates). */
export function fileNames(names: readonly string[], comma: string): string {
  return names.map((name) => (TO_THE_LEFT.test(name) ? `\u2066${name}\u2069` : name)).join(comma)
}
