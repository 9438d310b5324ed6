import { IconX } from '@tabler/icons-react'
import { useId, useState, type KeyboardEvent } from 'react'
import { t } from '@/shared/i18n'
import styles from './Picker.module.css'

export interface Pick {
  id: string
  name: string
  note: string
}

interface Props {
  label: string
  chosen: Pick | null
  hits: readonly Pick[]
  typed: string
  onType: (typed: string) => void
  onChoose: (pick: Pick | null) => void
}

/** One record of many: typing finds it, Enter takes the marked one. */
export function Picker({ label, chosen, hits, typed, onType, onChoose }: Props) {
  const id = useId()
  const [at, setAt] = useState(0)
  const here = Math.min(at, hits.length - 1)
  const choose = (pick: Pick | undefined) => {
    if (!pick) return
    onChoose(pick)
    onType('')
    setAt(0)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || hits.length === 0) return
    if (event.key === 'ArrowDown') setAt((here + 1) % hits.length)
    else if (event.key === 'ArrowUp') setAt((here - 1 + hits.length) % hits.length)
    else if (event.key === 'Enter') choose(hits[here])
    else if (event.key === 'Escape') onType('')
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  if (chosen) {
    return (
      <div className={styles.field}>
        <span className={styles.label}>{label}</span>
        <span className={styles.chosen}>
          <span className={styles.name}>{chosen.name}</span>
          <span className={styles.note}>{chosen.note}</span>
          <button type="button" className={styles.remove} aria-label={t('composer.remove', { name: chosen.name })} onClick={() => onChoose(null)}>
            <IconX size={14} stroke={1.75} aria-hidden />
          </button>
        </span>
      </div>
    )
  }
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        type="text"
        autoComplete="off"
        spellCheck={false}
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls={`${id}-hits`}
        aria-autocomplete="list"
        aria-activedescendant={hits[here] ? `${id}-hit-${here}` : undefined}
        value={typed}
        onChange={(event) => onType(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {hits.length > 0 ? (
        <ul id={`${id}-hits`} role="listbox" aria-label={label} className={styles.hits}>
          {hits.map((pick, index) => (
            // Keys are answered by the field, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={pick.id}
              id={`${id}-hit-${index}`}
              role="option"
              aria-selected={index === here}
              className={styles.hit}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(pick)}
            >
              <span className={styles.name}>{pick.name}</span>
              <span className={styles.note}>{pick.note}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}
