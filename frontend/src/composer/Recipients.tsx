import { useQuery } from '@tanstack/react-query'
import { IconX } from '@tabler/icons-react'
import { useDeferredValue, useId, useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { findContacts } from '@/contacts/data'
import type { ContactRow, Person } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { matches } from '@/shared/shell/match'
import { Avatar } from '@/shared/widgets/Avatar'
import { kinOf } from '@/shared/widgets/kin'
import { isAddress, readPeople } from './addresses'
import styles from './Recipients.module.css'

function means(typed: string, row: ContactRow): boolean {
  return matches(typed, `${row.name} ${row.address} ${row.company?.name ?? ''}`)
}

interface Props {
  label: string
  people: readonly Person[]
  onChange: (people: Person[]) => void
  autoFocus?: boolean
  children?: React.ReactNode
}

/** Recipients as chips: typing finds contacts, pasting takes whole lists, Backspace takes the last one back. */
export function Recipients({ label, people, onChange, autoFocus, children }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const asked = useDeferredValue(typed.trim())
  const found = useQuery({ ...findContacts(asked), enabled: asked.length > 0 })
  const taken = new Set(people.map((person) => person.address.toLowerCase()))
  const rows = typed.trim() ? (found.data?.items ?? []) : []
  // On a slow line these are still the people of the letters before: only those whom the new letters mean too.
  const old = found.isPlaceholderData || asked !== typed.trim()
  const hits = rows.filter((row) => !taken.has(row.address.toLowerCase()) && (!old || means(typed, row)))
  const here = Math.min(at, hits.length - 1)

  const add = (more: readonly Person[]) => {
    const known = new Set(taken)
    const fresh = more.filter((person) => {
      const address = person.address.toLowerCase()
      return address && !known.has(address) && known.add(address)
    })
    if (fresh.length > 0) onChange([...people, ...fresh])
    setTyped('')
    setAt(0)
  }
  const takeTyped = () => typed.trim() && add(readPeople(typed))
  const takeHit = (row: ContactRow) => add([{ name: row.name, address: row.address, contact_id: row.id }])

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.metaKey || event.ctrlKey) return
    const hit = hits[here]
    if (event.key === 'ArrowDown' && hits.length > 0) setAt((here + 1) % hits.length)
    else if (event.key === 'ArrowUp' && hits.length > 0) setAt((here - 1 + hits.length) % hits.length)
    else if ((event.key === 'Enter' || event.key === 'Tab') && hit && !isAddress(typed.trim())) takeHit(hit)
    else if (['Enter', ',', ';', '，', '；'].includes(event.key) && typed.trim()) takeTyped()
    else if (event.key === 'Tab' && typed.trim()) return void takeTyped()
    else if (event.key === 'Backspace' && !typed && people.length > 0) onChange(people.slice(0, -1))
    else if (event.key === 'Escape' && hits.length > 0) setTyped('')
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const onPaste = (event: ClipboardEvent) => {
    const pasted = readPeople(event.clipboardData.getData('text'))
    if (pasted.length < 2 && !pasted.some((person) => isAddress(person.address))) return
    event.preventDefault()
    add(pasted)
  }

  return (
    // A press beside the chips means the field.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div className={styles.line} onClick={(event) => event.target === event.currentTarget && input.current?.focus()}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={styles.field}>
        <ul className={styles.chips} aria-label={label}>
          {people.map((person) => (
            <Chip key={person.address} person={person} onRemove={() => onChange(people.filter((each) => each !== person))} />
          ))}
        </ul>
        <input
          ref={input}
          id={id}
          className={styles.input}
          type="text"
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus}
          role="combobox"
          aria-expanded={hits.length > 0}
          aria-controls={`${id}-hits`}
          aria-autocomplete="list"
          aria-activedescendant={hits[here] ? `${id}-hit-${here}` : undefined}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={takeTyped}
        />
      </div>
      {children}
      {hits.length > 0 ? (
        <ul id={`${id}-hits`} role="listbox" aria-label={t('composer.suggestions')} className={styles.hits}>
          {hits.map((row, index) => (
            // Keys are answered by the field, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={row.id}
              id={`${id}-hit-${index}`}
              role="option"
              aria-selected={index === here}
              className={styles.hit}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => takeHit(row)}
            >
              <Avatar name={row.name || row.address} kin={kinOf(row.address)} size={24} />
              <span className={styles.hitName}>{row.name || row.address}</span>
              <span className={styles.hitMore}>{[row.company?.name, row.address].filter(Boolean).join(' · ')}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}

function Chip({ person, onRemove }: { person: Person; onRemove: () => void }) {
  const good = isAddress(person.address)
  const name = person.name || person.address
  return (
    <li className={styles.chip} data-bad={good ? undefined : ''} title={good ? person.address : t('composer.noAddress')}>
      <span className={styles.chipName}>{name}</span>
      <button type="button" className={styles.remove} aria-label={t('composer.remove', { name })} onClick={onRemove}>
        <IconX size={12} stroke={2} aria-hidden />
      </button>
    </li>
  )
}
