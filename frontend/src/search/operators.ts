export type Operator = 'from' | 'to' | 'cc' | 'subject' | 'filename' | 'has' | 'in' | 'before' | 'after' | 'is'

export const OPERATORS: readonly Operator[] = ['from', 'to', 'cc', 'subject', 'has', 'filename', 'in', 'before', 'after', 'is']

export interface Term {
  operator: Operator | null
  value: string
  negated: boolean
  start: number
  end: number
}

const TERM = /(-?)(?:(from|to|cc|subject|has|filename|in|before|after|is)[:：])?("[^"]*"?|[^\s"]+|(?=\s|$))/giy

/** Reads a search as the server does, so that hints and marks agree with what is found. Full-width colons count, as Chinese keyboards type them. */
export function readSearch(text: string): Term[] {
  const terms: Term[] = []
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1
      continue
    }
    TERM.lastIndex = at
    const found = TERM.exec(text)
    if (!found || found[0] === '') {
      at += 1
      continue
    }
    const end = at + found[0].length
    const value = (found[3] ?? '').replace(/^"|"$/g, '')
    terms.push({ operator: (found[2]?.toLowerCase() as Operator | undefined) ?? null, value, negated: found[1] === '-', start: at, end })
    at = end
  }
  return terms
}

/** The values that can be offered for an operator; others are free text. */
export const VALUES: Partial<Record<Operator, readonly string[]>> = {
  has: ['attachment'],
  in: ['inbox', 'sent', 'drafts', 'archive', 'junk', 'trash'],
  is: ['unread', 'read', 'flagged', 'starred', 'answered'],
}

/** What is being typed at `caret`: the term to complete. */
export function termAt(text: string, caret: number): Term | undefined {
  return readSearch(text).find((term) => term.start < caret && caret <= term.end)
}

/** Puts `wanted` in the place of the term at `caret`, or at the end. */
export function complete(text: string, caret: number, wanted: string): { text: string; caret: number } {
  const term = termAt(text, caret)
  const start = term?.start ?? text.length
  const end = term?.end ?? text.length
  const before = text.slice(0, start)
  const gap = before && !/\s$/.test(before) ? ' ' : ''
  const after = text.slice(end)
  const tail = wanted.endsWith(':') ? '' : ' '
  const made = before + gap + wanted + tail
  return { text: made + after.trimStart(), caret: made.length }
}

/** A term that cannot be meant: a date that is none, an unknown folder or state. */
export function problemOf(term: Term): 'date' | 'value' | null {
  if (!term.operator || !term.value) return null
  if (term.operator === 'before' || term.operator === 'after') return isDate(term.value) ? null : 'date'
  if (term.operator === 'is') return VALUES.is?.includes(term.value.toLowerCase()) ? null : 'value'
  return null
}

function isDate(text: string): boolean {
  if (/^\d{1,4}[dwmy]$/i.test(text)) return true
  const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text)
  if (!found) return false
  const month = Number(found[2] ?? 1)
  const day = Number(found[3] ?? 1)
  const made = new Date(Date.UTC(Number(found[1]), month - 1, day))
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day
}
