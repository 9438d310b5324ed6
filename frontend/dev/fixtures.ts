import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connect, Plugin } from 'vite'
import type { Contact, Me, Message, Thread, ThreadRow, TimelineEvent } from '../src/shared/api/types'
import { companies, contacts, letters, me, programs, sessions, type Letter } from './mail'

/** Answers /api from a small made-up machine maker's mail, so that the look can be worked on without a server. Never part of a build. */
export function fixtures(): Plugin {
  const door: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url?.startsWith('/api/v1/')) void answer(request, response)
    else next()
  }
  return {
    name: 'posthouse-fixtures',
    configureServer: (server) => void server.middlewares.use(door),
    configurePreviewServer: (server) => void server.middlewares.use(door),
  }
}

const state = { me: structuredClone(me), folders: new Map<string, string>(letters.map((letter) => [letter.id, letter.folder])), read: new Set<string>(), flags: new Set<string>() }

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = url.pathname.replace('/api/v1', '')
  const method = request.method ?? 'GET'
  if (path === '/live') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(': here\n\n')
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const raw = Buffer.concat(chunks).toString()
  const body = (/json/.test(request.headers['content-type'] ?? '') && raw ? JSON.parse(raw) : {}) as Record<string, unknown>
  // The cookie `fixture=fail` shows the error states, `fixture=slow` the skeletons.
  const from = request.headers.cookie ?? ''
  if (from.includes('slow')) await new Promise((done) => setTimeout(done, 60_000))
  const found = from.includes('fail') && path !== '/me' ? undefined : route(method, path, url.searchParams, body)
  response.setHeader('Content-Type', 'application/json')
  if (found === undefined) {
    response.statusCode = from.includes('fail') ? 503 : 404
    response.end(JSON.stringify({ title: 'Not found', detail: from.includes('fail') ? 'database restarting' : path }))
  } else response.end(JSON.stringify(found))
}

function route(method: string, path: string, query: URLSearchParams, body: Record<string, unknown>): unknown {
  const [, room = '', id = '', more = ''] = path.split('/')
  if (room === 'me' && id === 'mail-programs') return programs
  if (room === 'me') {
    if (method === 'PATCH') Object.assign(state.me, body)
    return meNow()
  }
  if (room === 'session') return {}
  if (room === 'sessions') return method === 'DELETE' ? {} : { items: sessions }
  if (path === '/threads/acts') return acts(body)
  if (room === 'threads' && id) return threadOf(id)
  if (room === 'threads') return page(letters.filter((letter) => state.folders.get(letter.id) === query.get('folder')).map(rowOf))
  if (room === 'search') {
    const q = (query.get('q') ?? '').replace(/\w+:/g, '').trim().toLowerCase()
    return page(letters.filter((letter) => JSON.stringify(letter).toLowerCase().includes(q)).map(rowOf))
  }
  if (room === 'messages' && method === 'POST') return more === 'undo' ? { draft_id: 'd1' } : { id: 'm-new', undo_until: new Date(Date.now() + 10_000).toISOString() }
  if (room === 'messages') return letters.flatMap(messagesOf).find((message) => message.id === id)
  if (room === 'drafts') return id || method !== 'GET' ? { id: 'd1', revision: 1 } : page([])
  if (room === 'uploads') return { id: `u${Date.now()}`, name: query.get('name'), type: '', size: 48_211 }
  if (path === '/contacts/lookup') return contacts.find((contact) => contact.addresses.includes(query.get('address') ?? '')) ?? null
  if (room === 'contacts' && more === 'timeline') return timeline((letter) => contactOf(letter)?.id === id, query)
  if (room === 'contacts' && id) return contacts.find((contact) => contact.id === id)
  if (room === 'contacts') {
    const q = (query.get('q') ?? '').toLowerCase()
    const company = query.get('company')
    return page(contacts.filter((each) => (company ? each.company?.id === company : JSON.stringify(each).toLowerCase().includes(q))).map(contactRow))
  }
  if (room === 'companies' && more === 'timeline') return timeline((letter) => contactOf(letter)?.company?.id === id, query)
  if (room === 'companies' && id) return companies.find((company) => company.id === id)
  if (room === 'companies') return page(companies)
  return undefined
}

function page(items: unknown[]) {
  return { items, next_cursor: null }
}

function meNow(): Me {
  return {
    ...state.me,
    mailboxes: state.me.mailboxes.map((mailbox) => ({
      ...mailbox,
      folders: mailbox.folders.map((folder) => {
        const inside = letters.filter((letter) => state.folders.get(letter.id) === folder.id)
        return { ...folder, total: inside.length, unread: inside.filter(isUnread).length }
      }),
    })),
  }
}

function isUnread(letter: Letter): boolean {
  return letter.unread === true && !state.read.has(letter.id)
}

function acts(body: Record<string, unknown>): unknown {
  const ids = body.ids as string[]
  const targets: Record<string, string> = { done: 'archive', trash: 'trash', junk: 'junk', inbox: 'inbox' }
  for (const id of ids) {
    const act = body.act as string
    if (act === 'read') state.read.add(id)
    else if (act === 'unread') state.read.delete(id)
    else if (act === 'flag') state.flags.add(id)
    else if (act === 'unflag') state.flags.delete(id)
    else state.folders.set(id, (body.to as string | undefined) ?? targets[act] ?? 'inbox')
  }
  return { messages: ids.length, undo: { ...body, act: 'move', to: body.folder } }
}

function contactOf(letter: Letter): Contact | undefined {
  return contacts.find((contact) => contact.addresses.includes(letter.with.address))
}

function rowOf(letter: Letter): ThreadRow {
  const last = letter.messages.at(-1)
  return {
    id: letter.id,
    level: 'full',
    mailbox_id: 'mb1',
    folder_id: state.folders.get(letter.id) ?? null,
    message_id: `${letter.id}-${letter.messages.length - 1}`,
    subject: letter.subject,
    summary: last?.summary ?? '',
    people: letter.messages.some((message) => message.mine) ? [letter.with, { name: me.name, address: me.address }] : [letter.with],
    company: contactOf(letter)?.company ?? null,
    messages: letter.messages.length,
    last_at: last?.at ?? '',
    unread: isUnread(letter),
    flagged: letter.flagged === true || state.flags.has(letter.id),
    draft: letter.draft === true,
    attachments: letter.messages.reduce((sum, message) => sum + (message.files?.length ?? 0), 0),
    owes: last?.mine ? 'they' : 'we',
  }
}

function messagesOf(letter: Letter): Message[] {
  const mine = { name: me.name, address: me.address }
  return letter.messages.map((each, index) => ({
    id: `${letter.id}-${index}`,
    thread_id: letter.id,
    level: 'full',
    mailbox_id: 'mb1',
    folder_ids: [state.folders.get(letter.id) ?? ''],
    automatic: false,
    answered: false,
    recipients: [],
    from: each.mine ? mine : letter.with,
    to: [each.mine ? letter.with : mine],
    cc: letter.cc ?? [],
    bcc: [],
    reply_to: [],
    subject: index > 0 ? `Re: ${letter.subject}` : letter.subject,
    summary: each.summary,
    at: each.at,
    outgoing: each.mine === true,
    unread: index === letter.messages.length - 1 && isUnread(letter),
    flagged: false,
    draft: false,
    html: each.html ?? null,
    text: each.text ?? null,
    remote_images: each.images ?? 0,
    attachments: (each.files ?? []).map(([name, size], number) => ({ id: `${letter.id}-${index}-${number}`, name, type: 'application/octet-stream', size, url: '#' })),
    junk_reasons: [],
    authentication: each.mine
      ? null
      : { verdict: letter.proof ?? 'pass', domain: letter.with.address.split('@')[1] ?? '', spf: 'pass', dkim: 'pass', dmarc: letter.proof ?? 'pass', arc: 'none', sealers: [], vouched_by: '' },
    delivery: each.mine ? 'sent' : null,
    send_at: null,
    undo_until: null,
  }))
}

function threadOf(id: string): Thread | undefined {
  const letter = letters.find((each) => each.id === id)
  return letter && { id, level: 'full', company: null, subject: letter.subject, messages: messagesOf(letter), contact_id: contactOf(letter)?.id ?? null, owes: 'we' }
}

function contactRow(contact: Contact) {
  return { ...contact, address: contact.addresses[0] ?? '', events: contact.received + contact.sent }
}

function timeline(wanted: (letter: Letter) => boolean, query: URLSearchParams): unknown {
  const kind = query.get('kind')
  const items: TimelineEvent[] = letters
    .filter(wanted)
    .flatMap((letter) =>
      messagesOf(letter).map((message) => ({
        id: `e-${message.id}`,
        kind: 'mail' as const,
        direction: message.outgoing ? ('out' as const) : ('in' as const),
        at: message.at,
        level: 'full' as const,
        automatic: false,
        subject: message.subject,
        summary: message.summary,
        attachments: message.attachments.map((file) => file.name),
        attachment_count: message.attachments.length,
        member: { id: 'me', name: me.name },
        contacts: contactOf(letter) ? [{ id: contactOf(letter)?.id ?? '', name: letter.with.name }] : [],
        company: null,
        thread_id: letter.id,
        message_id: message.id,
        version: 1,
      })),
    )
    .filter((event) => !kind || event.kind === kind)
    .sort((a, b) => b.at.localeCompare(a.at))
  const monday = Date.now() - 52 * 7 * 86_400_000
  const weeks = Array.from({ length: 53 }, (_, week) => ({
    week: new Date(monday + week * 7 * 86_400_000).toISOString().slice(0, 10),
    received: Math.max(0, Math.round(3 * Math.sin(week / 5) + ((week * 7) % 4) - 1)),
    sent: Math.max(0, Math.round(2 * Math.sin(week / 5 + 0.4) + ((week * 5) % 3) - 1)),
  }))
  return { items, next_cursor: null, weeks: kind ? null : weeks }
}
