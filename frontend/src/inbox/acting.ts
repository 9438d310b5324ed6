import { cache, readAgain } from '@/shared/api/cache'
import { shiftUnread } from '@/shared/api/me'
import { asProblem } from '@/shared/api/problem'
import type { Acted, Folder, Mailbox, Thread, ThreadRow, Verb } from '@/shared/api/types'
import { t, type Key } from '@/shared/i18n'
import { folderLabel } from '@/shared/shell/folders'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { changeRows, postActs, verbTarget } from './data'

export interface Place {
  mailbox: Mailbox
  folder: Folder
}

const MOVES: ReadonlySet<Verb> = new Set(['done', 'trash', 'junk', 'inbox', 'move'])
const DONE: Partial<Record<Verb, Key>> = {
  done: 'inbox.didDone',
  trash: 'inbox.didTrash',
  junk: 'inbox.didJunk',
  inbox: 'inbox.didInbox',
}

/** Shows the act's effect at once, tells the server, and offers to take it back. When the server refuses, the lists are read again. */
export async function act(verb: Verb, rows: readonly ThreadRow[], place: Place, to?: Folder): Promise<void> {
  if (rows.length === 0) return
  if (MOVES.has(verb)) await move(verb, rows, place, to)
  else await mark(verb, rows, place)
}

async function move(verb: Verb, rows: readonly ThreadRow[], place: Place, to?: Folder): Promise<void> {
  const { mailbox, folder } = place
  const target = verbTarget(verb, mailbox, to?.id)
  if (!target || target.id === folder.id) return
  const ids = rows.map((row) => row.id)
  const unread = rows.filter((row) => row.unread).length
  const before = cache.getQueriesData({ queryKey: ['threads', mailbox.id, folder.id] })
  await cache.cancelQueries({ queryKey: ['threads'] })
  changeRows((row) => (ids.includes(row.id) ? null : row), ['threads', mailbox.id, folder.id])
  shiftUnread(mailbox.id, folder.id, -unread)
  shiftUnread(mailbox.id, target.id, unread)

  const restore = () => {
    for (const [key, data] of before) cache.setQueryData(key, data)
    shiftUnread(mailbox.id, folder.id, unread)
    shiftUnread(mailbox.id, target.id, -unread)
  }
  const told = tell(() => postActs({ mailbox: mailbox.id, folder: folder.id, ids, act: verb, to: to?.id ?? null }), restore, place, target)
  offerUndo(movedWords(verb, rows.length, target), () => {
    restore()
    void told.then((acted) => {
      const back = acted?.undo
      if (back) void tell(() => postActs(back), () => undefined, place, target)
    })
  })
  await told
}

function movedWords(verb: Verb, count: number, target: Folder): string {
  return t(DONE[verb] ?? 'inbox.didMove', { count, folder: folderLabel(target) })
}

async function mark(verb: Verb, rows: readonly ThreadRow[], place: Place): Promise<void> {
  const change: Partial<ThreadRow> =
    verb === 'flag' || verb === 'unflag' ? { flagged: verb === 'flag' } : { unread: verb === 'unread' }
  const ids = new Set(rows.filter((row) => differs(row, change)).map((row) => row.id))
  if (ids.size === 0) return
  await cache.cancelQueries({ queryKey: ['threads'] })
  const paint = (wanted: Partial<ThreadRow>) => {
    for (const list of ['threads', 'search']) changeRows((row) => (ids.has(row.id) ? { ...row, ...wanted } : row), [list])
    for (const id of ids) paintThread(id, wanted)
    if (wanted.unread !== undefined) shiftUnread(place.mailbox.id, place.folder.id, wanted.unread ? ids.size : -ids.size)
  }
  paint(change)
  const back = opposite(change)
  await tell(() => postActs({ mailbox: place.mailbox.id, folder: place.folder.id, ids: [...ids], act: verb, to: null }), () => paint(back), place)
}

function differs(row: ThreadRow, change: Partial<ThreadRow>): boolean {
  return (change.flagged !== undefined && row.flagged !== change.flagged) || (change.unread !== undefined && row.unread !== change.unread)
}

function opposite(change: Partial<ThreadRow>): Partial<ThreadRow> {
  return change.flagged !== undefined ? { flagged: !change.flagged } : { unread: !change.unread }
}

function paintThread(id: string, change: Partial<ThreadRow>): void {
  if (change.flagged === undefined) return
  cache.setQueryData<Thread>(['thread', id], (thread) =>
    thread && { ...thread, messages: thread.messages.map((message, i, all) => (i === all.length - 1 ? { ...message, flagged: change.flagged ?? false } : message)) },
  )
}

async function tell(post: () => Promise<Acted>, restore: () => void, place: Place, target?: Folder): Promise<Acted | undefined> {
  try {
    const acted = await post()
    if (target) void readAgain(['threads', place.mailbox.id, target.id])
    return acted
  } catch (error) {
    restore()
    const problem = asProblem(error)
    complain(`${t('inbox.actFailed')} ${t(`problem.${problem.kind}`)}`)
    void readAgain(['threads', place.mailbox.id], ['me'])
    return undefined
  }
}
