import type { Person } from '@/shared/api/types'

// Enough to tell a slip of the fingers; the server decides (RFC 5321, and RFC 6531 for letters beyond ASCII).
const ADDRESS = /^[^\s@<>(),;:"]+@[^\s@<>(),;:"]+\.[^\s@<>(),;:".]{2,}$/u

export function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

/** Reads what people paste: `a@b.cn; 王伟 <w@c.cn>，"Müller, Jörg" <j@d.de>`. What is no address keeps its words. */
export function readPeople(text: string): Person[] {
  return split(text).map(readPerson)
}

function readPerson(part: string): Person {
  const angled = /^(.*?)[<＜]([^<>＜＞]+)[>＞]\s*$/su.exec(part)
  if (!angled) return { name: '', address: part.replace(/^mailto:/i, '') }
  const name = (angled[1] ?? '').trim().replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1')
  return { name, address: (angled[2] ?? '').trim() }
}

/** Commas, semicolons (also the Chinese ones) and line ends divide; not inside quotes. */
function split(text: string): string[] {
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (const sign of text) {
    if (sign === '"') quoted = !quoted
    if (!quoted && /[,;，；、\r\n\t]/.test(sign)) {
      parts.push(part)
      part = ''
    } else part += sign
  }
  parts.push(part)
  return parts.map((each) => each.trim()).filter(Boolean)
}

/** The words that announce an attachment, in the languages people here write in. */
const ANNOUNCED = /附件|附上|随附|附后|见附|\battach(?:ed|ment|ments|ing)?\b|\benclosed\b|\banbei\b|\bim anhang\b|\banhang\b|\bpièces? jointes?\b|\badjunt[oa]s?\b/i

export function announcesAttachment(html: string): boolean {
  return ANNOUNCED.test(html.replace(/<[^>]*>/g, ' '))
}
