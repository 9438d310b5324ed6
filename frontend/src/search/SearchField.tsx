import { IconSearch, IconX } from '@tabler/icons-react'
import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { t } from '@/shared/i18n'
import { useActs } from '@/shared/keys/dispatch'
import { IconButton } from '@/shared/widgets/Button'
import { complete, OPERATORS, termAt, VALUES } from './operators'
import styles from './Search.module.css'

interface Hint {
  wanted: string
  words: string
}

/** The search box; what an operator can be followed by is offered while typing. */
export function SearchField({ q, onAsk }: { q: string; onAsk: (q: string) => void }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(q)
  const [caret, setCaret] = useState(q.length)
  const [focused, setFocused] = useState(false)
  const [at, setAt] = useState(-1)
  const hints = focused ? hintsFor(text, caret) : []
  useActs({ 'page.search': () => input.current?.focus() })

  const take = (hint: Hint) => {
    const done = complete(text, caret, hint.wanted)
    setText(done.text)
    setCaret(done.caret)
    setAt(-1)
    window.requestAnimationFrame(() => input.current?.setSelectionRange(done.caret, done.caret))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return
    const hint = hints[at]
    if (event.key === 'ArrowDown' && hints.length > 0) setAt((at + 1) % hints.length)
    else if (event.key === 'ArrowUp' && hints.length > 0) setAt((at - 1 + hints.length) % hints.length)
    else if ((event.key === 'Enter' || event.key === 'Tab') && hint) take(hint)
    else if (event.key === 'Enter') {
      input.current?.blur()
      onAsk(text.trim())
    } else if (event.key === 'Escape') input.current?.blur()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <search className={styles.search}>
      <h1 className="hidden-visually">{t('act.page.search')}</h1>
      <IconSearch size={16} stroke={1.75} aria-hidden className={styles.glass} />
      <input
        ref={input}
        className={styles.input}
        type="text"
        enterKeyHint="search"
        autoFocus={q === ''}
        spellCheck={false}
        role="combobox"
        aria-label={t('act.page.search')}
        aria-expanded={hints.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={hints[at] ? `${id}-${at}` : undefined}
        placeholder={t('search.placeholder')}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setCaret(event.target.selectionStart ?? event.target.value.length)
          setAt(-1)
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={onKeyDown}
      />
      {text ? <IconButton icon={IconX} size={14} label={t('search.clear')} onClick={() => onAsk('')} /> : null}
      {hints.length > 0 ? (
        <ul id={id} role="listbox" aria-label={t('search.hints')} className={styles.popup}>
          {hints.map((hint, index) => (
            // Keys are answered by the field, which keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={hint.wanted}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              className={styles.hint}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(hint)}
            >
              <code>{hint.wanted}</code>
              <span>{hint.words}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </search>
  )
}

function hintsFor(text: string, caret: number): Hint[] {
  const term = termAt(text, caret)
  const typed = term ? text.slice(term.start, caret).toLowerCase() : ''
  if (term?.operator) {
    const values = VALUES[term.operator] ?? []
    return values
      .filter((value) => value.startsWith(term.value.toLowerCase()) && value !== term.value.toLowerCase())
      .map((value) => ({ wanted: `${term.operator ?? ''}:${value}`, words: '' }))
  }
  if (!typed) return []
  return OPERATORS.filter((operator) => operator.startsWith(typed)).map((operator) => ({ wanted: `${operator}:`, words: t(`search.${operator}`) }))
}
