import { beforeAll, describe, expect, test } from 'vitest'
import type { Message, Person } from '@/shared/api/types'
import { speak } from '@/shared/i18n'
import { bareSubject, letterFor, recipients } from './reply'

const me = 'lin@hanlin.example'
const person = (address: string, name = ''): Person => ({ address, name })

function message(change: Partial<Message>): Message {
  return {
    id: 'm1', thread_id: 't1', mailbox_id: 'mb1', folder_ids: [], answered: false, level: 'full', automatic: false, recipients: [], from: person('wang@ruida.example', '王'), to: [person(me)], cc: [], bcc: [], reply_to: [], subject: 'Quote', summary: '', at: '2026-11-20T02:00:00Z',
    outgoing: false, unread: false, flagged: false, draft: false, html: '<p>hi</p>', text: null, remote_images: 0, attachments: [], authentication: null, junk_reasons: [], delivery: null, send_at: null, undo_until: null,
    ...change,
  }
}

const addresses = (people: Person[]) => people.map((each) => each.address)

beforeAll(() => speak('en'))

describe('recipients', () => {
  test('an answer goes to the sender, to all without oneself and without doubles', () => {
    const mail = message({ to: [person(me), person('b@ruida.example')], cc: [person('B@ruida.example'), person('c@ruida.example'), person('WANG@ruida.example')] })
    expect(addresses(recipients('reply', mail, me).to)).toEqual(['wang@ruida.example'])
    const all = recipients('replyAll', mail, me)
    expect(addresses(all.to)).toEqual(['wang@ruida.example'])
    expect(addresses(all.cc)).toEqual(['b@ruida.example', 'c@ruida.example'])
  })

  test('Reply-To wins over From', () => {
    expect(addresses(recipients('reply', message({ reply_to: [person('desk@ruida.example')] }), me).to)).toEqual(['desk@ruida.example'])
  })

  test('an answer to one’s own mail goes on to its recipients', () => {
    const mail = message({ from: person(me), outgoing: true, to: [person('wang@ruida.example')], cc: [person('c@ruida.example')] })
    const all = recipients('replyAll', mail, me)
    expect([addresses(all.to), addresses(all.cc)]).toEqual([['wang@ruida.example'], ['c@ruida.example']])
  })

  test('a mail to oneself is answered to oneself', () => {
    expect(addresses(recipients('reply', message({ from: person(me), to: [person(me)] }), me).to)).toEqual([me])
  })
})

test('prefixes do not pile up, in any language', () => {
  for (const subject of ['Re: Quote', 'RE: FW: Quote', '回复：转发: Quote', 'AW: WG: Quote', 'Re[2]: Quote', '答复: Quote']) {
    expect(bareSubject(subject), subject).toBe('Quote')
  }
  expect(bareSubject('Regarding: Quote')).toBe('Regarding: Quote')
})

test('what is quoted cannot bring markup through names', () => {
  const letter = letterFor('reply', message({ from: person('w@ruida.example', '<img src=x>'), html: null, text: '<b>&' }), me)
  expect(letter.quote).toContain('&lt;img src=x&gt;')
  expect(letter.quote).toContain('&lt;b&gt;&amp;')
  expect(letter.inReplyTo).toBe('m1')
})

test('a forward answers nobody', () => {
  const letter = letterFor('forward', message({}), me)
  expect([letter.to, letter.inReplyTo, letter.forwardOf]).toEqual([[], null, 'm1'])
})
