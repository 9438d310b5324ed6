/** What the server says, as the page uses it. Times are RFC 3339 in UTC; ids are opaque. */

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export type Theme = 'light' | 'dark' | 'system'
export type FolderRole = 'inbox' | 'sent' | 'drafts' | 'archive' | 'junk' | 'trash'

/** How much of a mail a reader may see. */
export type Level = 'metadata' | 'subject' | 'full'

export interface Folder {
  id: string
  name: string
  role: FolderRole | null
  unread: number
  total: number
}

export interface Mailbox {
  id: string
  address: string
  name: string
  shared: boolean
  /** What of its mail may be read; null for none. */
  level: Level | null
  may_write: boolean
  may_send: boolean
  folders: Folder[]
}

export interface Me {
  member_id: string
  name: string
  address: string
  workspace: string
  language: 'en' | 'zh-CN'
  theme: Theme
  signature: string
  mailboxes: Mailbox[]
}

export interface Person {
  name: string
  address: string
  contact_id?: string | null
}

/** Who waits for an answer: `we` owe one, `they` owe one, or nobody. */
export type Owes = 'we' | 'they' | null

export interface ThreadRow {
  id: string
  level: Level
  subject: string
  summary: string
  people: Person[]
  company: Ref | null
  messages: number
  last_at: string
  unread: boolean
  flagged: boolean
  draft: boolean
  attachments: number
  owes: Owes
  /** Where to act on it. */
  mailbox_id: string
  folder_id: string | null
  /** The newest message. */
  message_id: string
}

export type Verb = 'done' | 'trash' | 'junk' | 'inbox' | 'move' | 'read' | 'unread' | 'flag' | 'unflag'

export interface ThreadActs {
  mailbox: string
  folder: string
  act: Verb
  ids: string[]
  message_ids: string[]
  to: string | null
}

/** What was changed, and what takes exactly that back when it is sent to the same door. */
export interface Acted {
  messages: number
  undo: ThreadActs | null
}

export interface Attachment {
  id: string
  name: string
  type: string
  size: number
  url: string
}

export type Verdict = 'pass' | 'fail' | 'none'

export interface Authentication {
  verdict: Verdict
  domain: string
  spf: string
  dkim: string
  dmarc: string
}

export type Delivery = 'held' | 'scheduled' | 'queued' | 'deferred' | 'sent' | 'failed' | 'cancelled'

export interface RecipientState {
  address: string
  state: Delivery
  /** What the other server said last. */
  reply: string
  next_try_at: string | null
}

export interface Message {
  id: string
  thread_id: string
  level: Level
  from: Person
  to: Person[]
  cc: Person[]
  bcc: Person[]
  reply_to: Person[]
  subject: string
  summary: string
  at: string
  outgoing: boolean
  automatic: boolean
  unread: boolean
  flagged: boolean
  draft: boolean
  html: string | null
  text: string | null
  remote_images: number
  attachments: Attachment[]
  authentication: Authentication | null
  delivery: Delivery | null
  recipients: RecipientState[]
  send_at: string | null
  undo_until: string | null
}

export interface Thread {
  id: string
  subject: string
  level: Level
  messages: Message[]
  contact_id: string | null
  company: Ref | null
  owes: Owes
}

/** Something with a name: a company, a contact, a member. */
export interface Ref {
  id: string
  name: string
}

export type ContactState = 'unverified' | 'verified' | 'ignored'

export interface ContactRow {
  id: string
  name: string
  title: string
  address: string
  company: Ref | null
  state: ContactState
  last_at: string | null
  events: number
  owes: Owes
}

export type EvidenceKind = 'manual' | 'alias' | 'domain' | 'sender' | 'recipient' | 'contact'

/** How we know whom an address belongs to; confidence in percent. */
export interface Evidence {
  address: string
  of: 'contact' | 'company'
  kind: EvidenceKind
  confidence: number
}

export interface Contact {
  id: string
  version: number
  name: string
  title: string
  phones: string[]
  note: string
  addresses: string[]
  company: Ref | null
  owner: Ref | null
  state: ContactState
  evidence: Evidence[]
  first_at: string | null
  last_at: string | null
  received: number
  sent: number
  owes: Owes
  owes_since: string | null
}

export interface CompanyRow {
  id: string
  name: string
  domains: string[]
  contacts: number
  last_at: string | null
  owes: Owes
}

export interface Company extends CompanyRow {
  version: number
  website: string
  industry: string
  region: string
  level: string
  note: string
  owner: Ref | null
  first_at: string | null
  received: number
  sent: number
  owes_since: string | null
}

export type EventKind = 'mail' | 'note' | 'call' | 'meeting'

/** One line of a history; `level` says how much of it the reader may see. */
export interface TimelineEvent {
  id: string
  kind: EventKind
  direction: 'in' | 'out' | 'internal' | null
  at: string
  level: Level
  automatic: boolean
  subject: string | null
  summary: string | null
  attachments: string[]
  attachment_count: number
  member: Ref | null
  contacts: Ref[]
  company: Ref | null
  thread_id: string | null
  message_id: string | null
}

/** `week` is the Monday. */
export interface WeekCount {
  week: string
  received: number
  sent: number
}

export interface Timeline extends Page<TimelineEvent> {
  /** The last 53, oldest first; with the first page only. */
  weeks: WeekCount[] | null
}

export interface Session {
  id: string
  device: string
  ip: string
  created_at: string
  seen_at: string
  current: boolean
}
