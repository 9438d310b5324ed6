/** A pressed key as the table writes it: `r`, `shift+r`, `mod+k`, `?`, `escape`. */
export function chordOf(event: KeyboardEvent): string {
  const mod = event.metaKey || event.ctrlKey
  const name = NAMES[event.key] ?? (event.key.length === 1 ? event.key.toLowerCase() : '')
  if (!name || event.altKey) return ''
  // `?` and `#` are already what shift makes of them; a letter is not.
  const shift = event.shiftKey && (mod || /^[a-z]$/.test(name) || name.length > 1)
  return `${mod ? 'mod+' : ''}${shift ? 'shift+' : ''}${name}`
}

const NAMES: Record<string, string> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Enter: 'enter',
  Escape: 'escape',
  Delete: 'delete',
  Backspace: 'backspace',
  ' ': 'space',
  ':': ';',
}

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

const CAPS: Record<string, string> = {
  mod: apple ? '⌘' : 'Ctrl',
  shift: apple ? '⇧' : 'Shift',
  enter: '↵',
  escape: 'Esc',
  down: '↓',
  up: '↑',
  delete: 'Del',
  space: '␣',
}

/** The caps to draw for a table entry: `g i` → [G, I], `mod+k` → [⌘, K]. */
export function caps(keys: string): string[] {
  return keys
    .split(' ')
    .flatMap((chord) => chord.split('+'))
    .map((part) => CAPS[part] ?? (part.length === 1 ? part.toUpperCase() : part))
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
}
