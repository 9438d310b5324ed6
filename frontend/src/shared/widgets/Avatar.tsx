import styles from './Avatar.module.css'

interface Props {
  name: string
  /** What the tint is made from: the company, so that colleagues look alike. */
  kin?: string | undefined
  size?: 20 | 24 | 32 | 48
}

/** The first letters of a person, or the family name of a Chinese one, on the soft tint of their company. */
export function Avatar({ name, kin, size = 32 }: Props) {
  return (
    <span className={styles.avatar} data-size={size} style={{ '--hue': String(hueOf(kin ?? name)) }} aria-hidden>
      {lettersOf(name)}
    </span>
  )
}

/** A small stable hash (FNV-1a), spread over the circle in steps that the eye can tell apart. */
function hueOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash >>> 8) % 18) * 20
}

export function lettersOf(name: string): string {
  const clean = name.trim().replace(/^["'(【]+/, '')
  const first = firstLetter(clean) ?? '?'
  if (/\p{Script=Han}/u.test(first)) return first
  const words = clean.split(/[\s._-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const last = words.length > 1 ? words[words.length - 1] : undefined
  return (first + (last ? (firstLetter(last) ?? '') : '')).toUpperCase()
}

/** The first character, not half of one: names may lie beyond the basic plane (𠮷田). */
function firstLetter(text: string): string | undefined {
  const point = text.codePointAt(0)
  return point === undefined ? undefined : String.fromCodePoint(point)
}
