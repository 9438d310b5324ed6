import { useLayoutEffect, useRef, useSyncExternalStore } from 'react'
import { chordOf, isTyping } from './chord'
import { actIds, acts, type ActId } from './table'

type Run = () => void
type Handlers = Partial<Record<ActId, Run>>

interface Layer {
  handlers: Handlers
  /** The composer that offers them: with two letters open, keys mean the one that has the focus. */
  composer: string | undefined
}

/** Parts of the page that are on screen and can act; the one that came last is asked first. */
const layers: Layer[] = []
const listeners = new Set<() => void>()
let telling = false

/** From thread to thread one part goes and the next comes, in one go: buttons are asked to look once, after both. */
function changed(): void {
  if (telling) return
  telling = true
  queueMicrotask(() => {
    telling = false
    for (const tell of listeners) tell()
  })
}

/**
 * Offers acts while the caller is on screen. Leave an act out (undefined) when it makes no sense now.
 * They hold from the moment the caller is drawn: what can be seen can be pressed.
 */
export function useActs(handlers: Handlers, composer?: string): void {
  const layer = useRef<Layer>({ handlers: {}, composer })
  const offered = actIds.filter((id) => handlers[id]).join()
  useLayoutEffect(() => {
    layer.current.handlers = handlers
  })
  useLayoutEffect(() => {
    const mine = layer.current
    layers.push(mine)
    changed()
    return () => {
      layers.splice(layers.indexOf(mine), 1)
      changed()
    }
  }, [offered])
}

function handlerOf(id: ActId, composer?: string): Run | undefined {
  return layers.findLast((layer) => layer.handlers[id] && (!composer || !layer.composer || layer.composer === composer))?.handlers[id]
}

export function canRun(id: ActId): boolean {
  return handlerOf(id) !== undefined
}

/** Runs an act by name, as a menu, the palette or a key does. */
export function run(id: ActId, composer?: string): boolean {
  const handler = handlerOf(id, composer)
  handler?.()
  return handler !== undefined
}

/** Re-renders when what can be done changes. */
export function useOffered(): readonly ActId[] {
  return useSyncExternalStore(subscribe, whatIsOffered)
}

let lastOffered: readonly ActId[] = []

function whatIsOffered(): readonly ActId[] {
  const now = actIds.filter(canRun)
  if (now.length !== lastOffered.length || now.some((id, i) => id !== lastOffered[i])) lastOffered = now
  return lastOffered
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

const SEQUENCE_MS = 1200
let prefix = ''
let prefixTimer = 0

/** Listens for the whole page. Frames with mail forward their keys here. */
export function handleKey(event: KeyboardEvent): void {
  // While an input method composes, its keys are not ours; Safari tells the last of them only by 229.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return
  const chord = chordOf(event)
  if (!chord) return
  const id = find(prefix ? `${prefix} ${chord}` : chord, event)
  window.clearTimeout(prefixTimer)
  if (!id && !prefix && startsSequence(chord) && !isTyping(event.target) && !inPopup(event.target)) {
    prefix = chord
    prefixTimer = window.setTimeout(() => (prefix = ''), SEQUENCE_MS)
    event.preventDefault()
    return
  }
  prefix = ''
  if (id && run(id, composerOf(event.target))) event.preventDefault()
}

function composerOf(target: EventTarget | null): string | undefined {
  return (target instanceof Element && target.closest('[data-composer]')?.getAttribute('data-composer')) || undefined
}

function startsSequence(chord: string): boolean {
  return actIds.some((id) => acts[id].keys.some((keys) => keys.startsWith(`${chord} `)))
}

function find(keys: string, event: KeyboardEvent): ActId | undefined {
  const typing = isTyping(event.target)
  const popup = inPopup(event.target)
  const composer = composerOf(event.target) !== undefined
  return actIds.find((id) => {
    const act = acts[id]
    if (!act.keys.includes(keys) || !canRun(id)) return false
    if (act.scope === 'composer' && !composer) return false
    if (composer && (act.scope === 'thread' || act.scope === 'queue')) return false
    if ((typing || popup) && !act.typing) return false
    // Enter and Space belong to a focused button or link.
    if (keys === 'enter' && event.target instanceof Element && event.target.closest('button, a[href], summary')) {
      return event.target.closest('[data-row]') !== null
    }
    return keys !== 'space' || !(event.target instanceof Element && event.target.closest('button, summary'))
  })
}

function inPopup(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"]:not([data-composer]), [role="menu"], [role="listbox"]:not([data-keys])') !== null
}
