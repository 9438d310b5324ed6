// Characters that are not seen but change what is: lines read backwards, words that only look alike.

// Overrides (UAX #9) turn letters of any script around: "fdp.exe" behind one reads "exe.pdf". No line of a mail needs them.
const OVERRIDES = /[\u202d\u202e]/g
// Soft hyphens, blanks without width, bidi marks and embeddings (not the Arabic signs that are seen), blank letters of Hangul.
const UNSEEN = /(?![\u0600-\u0605\u06dd\u070f\u08e2\u200c-\u200d\u{e0000}-\u{e007f}])\p{Cf}|[\u115f\u1160\u3164\uffa0]/gu
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}]/gu
// Joiners belong to emoji and to the scripts that join their letters; elsewhere they only hide.
const JOINING = ['Arabic', 'Syriac', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar']
const JOINERS = new RegExp(`(?<![\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f${JOINING.map((script) => `\\p{Script=${script}}`).join('')}])[\\u200c\\u200d]`, 'gu')
// Tags spell flags behind a black one; anywhere else they are a text nobody sees.
const TAGS = /(?<![\u{1f3f4}\u{e0020}-\u{e007f}])[\u{e0000}-\u{e007f}]+/gu
const ANY = /\p{Cf}|(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}]|[\u115f\u1160\u3164\uffa0]/u
// The same in JSON, where controls are written out and lines are broken between.
const ANY_IN_JSON = new RegExp(`${ANY.source}|\\\\u00[01]`, 'u')

const SHOWN_INSTEAD = '\ufffd'

/** A line as it may be shown: what is not seen is taken out, and what would turn the rest around is seen. */
export function tameLine(line: string): string {
  if (!ANY.test(line)) return line
  return line.replace(OVERRIDES, SHOWN_INSTEAD).replace(CONTROLS, ' ').replace(UNSEEN, '').replace(JOINERS, '').replace(TAGS, '')
}

/** In an address nothing unseen is honest, and nothing may be left out: it would be somebody else's. */
function tameAddress(address: string): string {
  return ANY.test(address) ? address.replace(new RegExp(ANY, 'gu'), SHOWN_INSTEAD) : address
}

/** Written by members and sent or kept again as it is, or shown in a frame of its own. */
const AS_IT_IS = new Set(['html', 'text', 'quote_html', 'signature', 'note', 'preferences', 'url', 'next_cursor'])
const ADDRESSES = new Set(['address', 'addresses', 'domain', 'domains'])

/** All lines of an answer tamed, in place: no part of the page can forget it. `text` is the answer as it came. */
export function tame<T>(answer: T, text: string): T {
  return ANY_IN_JSON.test(text) ? (tamed(answer, '') as T) : answer
}

function tamed(value: unknown, name: string): unknown {
  if (AS_IT_IS.has(name)) return value
  if (typeof value === 'string') return ADDRESSES.has(name) ? tameAddress(value) : tameLine(value)
  if (Array.isArray(value)) return value.map((each) => tamed(each, name))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, tamed(each, key)]))
}
