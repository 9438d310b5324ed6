import type { JunkReason, Mailbox, Message } from '@/shared/api/types'
import { t } from '@/shared/i18n'

const KINDS = {
  forged: 'junk.forged',
  virus: 'junk.virus',
  rspamd: 'junk.rspamd',
  words: 'junk.words',
  subject: 'junk.subject',
  form: 'junk.form',
  links: 'junk.links',
  sender: 'junk.sender',
  markup: 'junk.markup',
  list: 'junk.list',
  path: 'junk.path',
} as const

/** The server's names of tricks → our words for them. */
const TRICKS = {
  'spelled out': 'junk.trick.spelled',
  'parted characters': 'junk.trick.parted',
  'disguised words': 'junk.trick.words',
  'number in characters': 'junk.trick.number',
  'unseen characters': 'junk.trick.unseen',
  'foreign letters': 'junk.trick.foreign',
  'odd letters': 'junk.trick.odd',
  'hidden text': 'junk.trick.hidden',
  'tiny text': 'junk.trick.tiny',
  'pale text': 'junk.trick.pale',
  'cut words': 'junk.trick.cut',
  'letters as numbers': 'junk.trick.entities',
  'disguised link': 'junk.trick.disguised',
  'numeric host': 'junk.trick.numeric',
  'link with a name': 'junk.trick.named',
  'encoded host': 'junk.trick.encoded',
  'another address as name': 'junk.trick.posing',
  'answers go elsewhere': 'junk.trick.elsewhere',
  'no receiver': 'junk.trick.receiver',
  'shouting subject': 'junk.trick.subject',
  'shouting': 'junk.trick.shouting',
  'money': 'junk.trick.money',
  'telephones': 'junk.trick.telephones',
  'two endings': 'junk.trick.endings',
  'spf fail': 'junk.trick.spf',
  'dmarc fail': 'junk.trick.dmarc',
  'dkim fail': 'junk.trick.dkim',
} as const

export function inJunk(message: Pick<Message, 'folder_ids'>, mailboxes: readonly Mailbox[]): boolean {
  return mailboxes.some(({ folders }) => folders.some((folder) => folder.role === 'junk' && message.folder_ids.includes(folder.id)))
}

/** A reason in words, and what of the message speaks loudest: its own words, or tricks in ours. */
export function reasonWords({ kind, examples }: JunkReason): { said: string; examples: string[] } {
  const said = t(KINDS[kind], { domain: examples[0] ?? '' })
  if (kind === 'forged') return { said, examples: [] }
  if (kind !== 'form') return { said, examples }
  return { said, examples: examples.flatMap((name) => (isTrick(name) ? [t(TRICKS[name])] : [])) }
}

function isTrick(name: string): name is keyof typeof TRICKS {
  return Object.hasOwn(TRICKS, name)
}
