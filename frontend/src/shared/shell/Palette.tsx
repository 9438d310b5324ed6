import { useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { Icon } from '@tabler/icons-react'
import { IconSearch, IconUser } from '@tabler/icons-react'
import { useDeferredValue, useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { findContacts } from '@/contacts/data'
import { useMe, folderName } from '@/shared/api/me'
import { t } from '@/shared/i18n'
import { run, useOffered } from '@/shared/keys/dispatch'
import { acts } from '@/shared/keys/table'
import { Dialog } from '@/shared/widgets/Dialog'
import { Kbd } from '@/shared/widgets/Kbd'
import { folderIcon, folderLabel, inOrder } from './folders'
import { matches } from './match'
import { hide, useOverlays } from './overlays'
import styles from './Palette.module.css'

interface Entry {
  id: string
  icon: Icon
  words: string
  note?: string
  keys?: string | undefined
  run: () => void
}

/** Everything that can be done here, by name; it shows the key each time, so that the key is learned. */
export function Palette() {
  const open = useOverlays((state) => state.palette)
  return (
    <Dialog open={open} onClose={() => hide('palette')} title={t('act.page.palette')} place="top" bare>
      {open ? <Inside /> : null}
    </Dialog>
  )
}

function Inside() {
  const [asked, setAsked] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const entries = useEntries(asked.trim())
  const here = Math.min(at, Math.max(0, entries.length - 1))

  useEffect(() => {
    list.current?.children[here]?.scrollIntoView({ block: 'nearest' })
  }, [here])

  const choose = (entry: Entry | undefined) => {
    if (!entry) return
    hide('palette')
    // After the dialog has given the focus back, so that the act may take it.
    window.setTimeout(entry.run)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown') setAt((here + 1) % Math.max(1, entries.length))
    else if (event.key === 'ArrowUp') setAt((here - 1 + entries.length) % Math.max(1, entries.length))
    else if (event.key === 'Enter') choose(entries[here])
    else return
    event.preventDefault()
  }

  return (
    <>
      <div className={styles.ask}>
        <IconSearch size={18} stroke={1.75} aria-hidden />
        <input
          autoFocus
          className={styles.input}
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={entries[here] ? `${id}-${here}` : undefined}
          aria-label={t('act.page.palette')}
          placeholder={t('shell.palettePlaceholder')}
          value={asked}
          onChange={(event) => {
            setAsked(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <Kbd keys="escape" />
      </div>
      <div ref={list} id={id} role="listbox" aria-label={t('act.page.palette')} className={styles.list}>
        {entries.map((entry, index) => (
          // The input keeps the focus and answers the keys; the pointer chooses here.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === here}
            className={styles.entry}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(entry)}
          >
            <entry.icon size={16} stroke={1.75} aria-hidden />
            <span className={styles.words}>{entry.words}</span>
            {entry.note ? <span className={styles.note}>{entry.note}</span> : null}
            {entry.keys ? <Kbd keys={entry.keys} /> : null}
          </div>
        ))}
      </div>
      {entries.length === 0 ? <p className={styles.none}>{t('shell.paletteNone')}</p> : null}
    </>
  )
}

function useEntries(asked: string): Entry[] {
  const navigate = useNavigate()
  const me = useMe()
  const offered = useOffered()
  const later = useDeferredValue(asked)
  const found = useQuery({ ...findContacts(later), enabled: later.length > 0 })

  const doing: Entry[] = offered
    .filter((act) => !acts[act].silent && acts[act].scope !== 'composer')
    .map((act) => ({ id: act, icon: acts[act].icon, words: t(`act.${act}`), keys: acts[act].keys[0], run: () => void run(act) }))

  const going: Entry[] = me.mailboxes.flatMap((mailbox) =>
    inOrder(mailbox.folders).map((folder) => ({
      id: folder.id,
      icon: folderIcon(folder),
      words: folderLabel(folder),
      note: mailbox.address,
      run: () => void navigate({ to: '/mail/$mailbox/$folder', params: { mailbox: mailbox.address, folder: folderName(folder) } }),
    })),
  )

  if (!asked) return doing
  // On a slow line these are still the people of the letters before.
  const old = found.isPlaceholderData || later !== asked
  const known = (found.data?.items ?? []).filter((contact) => !old || matches(asked, `${contact.name} ${contact.address} ${contact.company?.name ?? ''}`))
  const people: Entry[] = known.slice(0, 6).map((contact) => ({
    id: contact.id,
    icon: IconUser,
    words: contact.name || contact.address,
    note: contact.company?.name ?? contact.address,
    run: () => void navigate({ to: '/contacts/$contact', params: { contact: contact.id } }),
  }))
  const search: Entry = {
    id: 'search',
    icon: IconSearch,
    words: t('shell.searchFor', { q: asked }),
    run: () => void navigate({ to: '/search', search: { q: asked } }),
  }
  const hits = [...doing, ...going].filter((entry) => matches(asked, `${entry.words} ${entry.note ?? ''}`))
  return [...hits, ...people, search]
}
