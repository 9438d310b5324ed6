import type { Message, Person } from '@/shared/api/types'
import { fullTime } from '@/shared/i18n/format'
import { t } from '@/shared/i18n'
import { emptyLetter, type Letter, type Mode } from './store'

const PREFIX = /^\s*(?:(?:re|aw|sv|antw|fwd?|wg|tr|回复|答复|转发|回覆|轉寄)\s*(?:\[\d+\])?\s*[:：]\s*)+/i

/** The subject without the prefixes that mail programs pile up, in the languages our customers' programs speak. */
export function bareSubject(subject: string): string {
  return subject.replace(PREFIX, '').trim()
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function without(people: readonly Person[], ...addresses: string[]): Person[] {
  const seen = new Set(addresses.map((each) => each.toLowerCase()))
  return people.filter((person) => {
    const address = person.address.toLowerCase()
    if (seen.has(address)) return false
    seen.add(address)
    return true
  })
}

/** The letter that answers or forwards `message`, written from `mine`. */
export function letterFor(mode: Mode, message: Message, mine: string): Letter {
  const bare = bareSubject(message.subject)
  if (mode === 'forward') {
    return {
      ...emptyLetter,
      from: mine,
      subject: `Fwd: ${bare}`,
      quote: quoteOf(message, true),
      forwardOf: message.id,
    }
  }
  const { to, cc } = recipients(mode, message, mine)
  return { ...emptyLetter, from: mine, to, cc, subject: `Re: ${bare}`, quote: quoteOf(message, false), inReplyTo: message.id }
}

/** Who an answer goes to. An answer to one's own mail goes on to its recipients; Reply-To wins over From (RFC 5322 3.6.2). */
export function recipients(mode: Mode, message: Message, mine: string): { to: Person[]; cc: Person[] } {
  const own = message.outgoing || same(message.from.address, mine)
  const sender = message.reply_to.length > 0 ? message.reply_to : [message.from]
  const to = without(own ? message.to : sender, ...(own ? [] : [mine]))
  if (mode !== 'replyAll') return { to: to.length > 0 ? to : [message.from], cc: [] }
  const others = own ? message.cc : [...message.to, ...message.cc]
  const cc = without(others, mine, ...to.map((person) => person.address))
  return { to, cc }
}

function quoteOf(message: Message, forward: boolean): string {
  const who = escape(message.from.name ? `${message.from.name} <${message.from.address}>` : message.from.address)
  const body = message.html ?? `<div style="white-space:pre-wrap">${escape(message.text ?? '')}</div>`
  if (!forward) {
    const head = t('composer.quoteHead', { when: fullTime(message.at), who })
    return `<div class="posthouse_quote">${head}<blockquote type="cite">${body}</blockquote></div>`
  }
  const list = (people: readonly Person[]) => escape(people.map((each) => each.name || each.address).join(', '))
  const lines = [
    `${t('mail.from')}: ${who}`,
    `${t('mail.date')}: ${fullTime(message.at)}`,
    `${t('mail.subject')}: ${escape(message.subject)}`,
    `${t('mail.to')}: ${list(message.to)}`,
    ...(message.cc.length > 0 ? [`${t('mail.cc')}: ${list(message.cc)}`] : []),
  ]
  return `<div class="posthouse_quote">---------- ${t('composer.forwarded')} ----------<br>${lines.join('<br>')}<br><br>${body}</div>`
}

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign)
}
