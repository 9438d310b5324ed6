import { useQuery } from '@tanstack/react-query'
import { IconArrowLeft, IconDotsVertical, IconStarFilled } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useComposers, openComposer, type Mode } from '@/composer/store'
import { carryFiles } from '@/composer/attach'
import { draftsQuery, wordsOf } from '@/composer/data'
import { letterFor } from '@/composer/reply'
import { folderOf, useMe } from '@/shared/api/me'
import type { Me, Message, Thread, ThreadRow } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { run, useActs, useOffered } from '@/shared/keys/dispatch'
import { NARROW, useMedia } from '@/shared/look/width'
import { ActButton, Button, IconButton } from '@/shared/widgets/Button'
import { ActItem, Menu, MenuLine } from '@/shared/widgets/Menu'
import { Bone, Trouble, Waiting } from '@/shared/widgets/States'
import { useTitle } from '@/shared/shell/title'
import { act, type Place } from './acting'
import { threadQuery } from './data'
import { MessageView } from './MessageView'
import { nameOf } from './people'
import styles from './Reader.module.css'

const InlineComposer = lazy(() => import('@/composer/InlineComposer').then((module) => ({ default: module.InlineComposer })))

/** Long enough that running through with j does not read everything. */
const READ_AFTER_MS = 700

interface Props {
  threadId: string
  row: ThreadRow | undefined
  place: Place | undefined
}

/** The bar stays from thread to thread; what is below it is each thread's own. */
export function Reader(props: Props) {
  return (
    <section className={styles.reader} aria-label={t('inbox.reader')}>
      <ReaderBar flagged={props.row?.flagged ?? false} />
      <ReaderBody key={props.threadId} {...props} />
    </section>
  )
}

function ReaderBody({ threadId, row, place }: Props) {
  const query = useQuery(threadQuery(threadId))
  useMarkRead(row, place, query.isSuccess)
  useTitle(query.data?.subject ?? row?.subject ?? '')
  return (
    <div className={styles.scroll} id="reader" tabIndex={-1}>
      {query.isPending ? (
        <Waiting>
          <ReaderBones subject={row?.subject} />
        </Waiting>
      ) : query.isError && !query.data ? (
        <Trouble what={t('inbox.threadFailed')} safe={t('inbox.threadSafe')} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <ThreadView thread={query.data} place={place} />
      )}
    </div>
  )
}

function useMarkRead(row: ThreadRow | undefined, place: Place | undefined, shown: boolean): void {
  const unread = row?.unread ?? false
  const marked = useRef(false)
  useEffect(() => {
    // Marked unread again by hand, it stays unread.
    if (!row || !place || !shown || !unread || marked.current) return
    const timer = window.setTimeout(() => {
      marked.current = true
      void act('read', [row], place)
    }, READ_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [row, place, shown, unread])
}

function ReaderBar({ flagged }: { flagged: boolean }) {
  const narrow = useMedia(NARROW)
  const offered = new Set(useOffered())
  return (
    <header className={styles.bar}>
      {narrow ? <ActButton act="thread.back" icon={IconArrowLeft} /> : null}
      {offered.has('thread.inbox') ? <ActButton act="thread.inbox" /> : null}
      {offered.has('thread.done') ? <ActButton act="thread.done" /> : null}
      {offered.has('thread.move') ? <ActButton act="thread.move" /> : null}
      {offered.has('thread.trash') ? <ActButton act="thread.trash" /> : null}
      {offered.has('thread.flag') ? (
        <ActButton act="thread.flag" pressed={flagged} {...(flagged ? { icon: IconStarFilled, label: t('inbox.unflag') } : {})} />
      ) : null}
      <span className={styles.fill} />
      {narrow ? null : (
        <>
          <ActButton act="thread.previous" disabled={!offered.has('thread.previous')} />
          <ActButton act="thread.next" />
        </>
      )}
      <Menu align="end" trigger={<IconButton icon={IconDotsVertical} label={t('common.more')} />}>
        <ActItem act="thread.reply" />
        <ActItem act="thread.replyAll" />
        <ActItem act="thread.forward" />
        <MenuLine />
        <ActItem act="thread.unread" />
        <ActItem act="thread.junk" />
        <ActItem act="thread.print" />
      </Menu>
      <ActButton act="thread.customer" />
    </header>
  )
}

function ThreadView({ thread, place }: { thread: Thread; place: Place | undefined }) {
  const letters = thread.messages
  const last = letters.findLast((message) => !message.draft) ?? letters.at(-1)
  const composer = useComposers((state) => state.open.find((each) => each.frame === 'inline' && each.threadId === thread.id))
  const { write, mine } = useAnswering(thread, last, place)
  const me = useMe()
  const [unfolded, setUnfolded] = useState(false)
  // Alone on a phone, the thread is the page.
  const Heading = useMedia(NARROW) ? 'h1' : 'h2'
  const folded = !unfolded && letters.length > 6 ? letters.length - 4 : 0

  return (
    <article className={styles.thread}>
      <Heading className={styles.subject}>{thread.subject || t('mail.noSubject')}</Heading>
      <div className={styles.messages}>
        {letters.map((message, index) => {
          if (folded && index > 0 && index <= folded) {
            return index === 1 ? (
              <button key="folded" type="button" className={styles.folded} onClick={() => setUnfolded(true)}>
                {t('inbox.earlier', { count: folded })}
              </button>
            ) : null
          }
          return (
            <MessageView key={message.id} message={message} last={message === last} startOpen={message === last || message.unread} onAnswer={(mode) => write(mode, message)} onContinue={isOwnDraft(message, me) ? () => void goOn(message) : undefined} />
          )
        })}
      </div>
      <Drafts thread={thread} />
      <div className={styles.answer}>
        {composer ? (
          <Suspense fallback={<Bone height={160} />}>
            <InlineComposer composerKey={composer.key} />
          </Suspense>
        ) : last && !last.draft ? (
          <AnswerBox last={last} mine={mine} />
        ) : null}
      </div>
    </article>
  )
}

/** Left by a mail program in the Drafts folder of one's own mailbox. */
function isOwnDraft(message: Message, me: Me): boolean {
  const mailbox = me.mailboxes.find((each) => each.id === message.mailbox_id && !each.shared)
  const drafts = folderOf(mailbox, 'drafts')
  return message.draft && drafts !== undefined && message.folder_ids.includes(drafts.id)
}

async function goOn(message: Message): Promise<void> {
  const { continueDraft } = await import('@/composer/resume')
  if (await continueDraft(message)) run('thread.back')
}

function useAnswering(thread: Thread, last: Message | undefined, place: Place | undefined) {
  const me = useMe()
  const narrow = useMedia(NARROW)
  const own = new Set(me.mailboxes.map((mailbox) => mailbox.address.toLowerCase()))
  const mine = place?.mailbox.address ?? me.address
  const write = (mode: Mode, message: Message) => {
    const existing = useComposers.getState().open.find((each) => each.threadId === thread.id && each.frame === 'inline')
    if (existing && mode !== 'forward') focusComposer(existing.key)
    else {
      const key = openComposer({ mode, frame: mode === 'forward' || narrow ? 'window' : 'inline', threadId: thread.id, letter: letterFor(mode, message, mine) })
      if (mode === 'forward') void carryFiles(key, message.attachments)
    }
  }
  const people = last ? new Set([...last.to, ...last.cc, last.from].map((person) => person.address.toLowerCase())) : new Set<string>()
  const several = [...people].filter((address) => !own.has(address)).length > 1
  useActs({
    'thread.reply': last ? () => (isOwnDraft(last, me) ? void goOn(last) : write('reply', last)) : undefined,
    'thread.replyAll': last && several ? () => write('replyAll', last) : undefined,
    'thread.forward': last ? () => write('forward', last) : undefined,
    'thread.print': () => window.print(),
  })
  return { write, mine }
}

function focusComposer(key: string): void {
  document.querySelector<HTMLElement>(`[data-composer="${key}"] [contenteditable]`)?.focus()
}

/** Always there at the end: the answer begins with one press. */
function AnswerBox({ last, mine }: { last: Message; mine: string }) {
  const offered = new Set(useOffered())
  const to = last.outgoing || last.from.address === mine ? last.to[0] : last.from
  return (
    <div className={styles.box}>
      <button type="button" className={styles.boxMain} onClick={() => run('thread.reply')}>
        {t('inbox.replyTo', { name: to ? nameOf(to) : '' })}
      </button>
      {offered.has('thread.replyAll') ? (
        <Button look="quiet" keys="shift+r" onClick={() => run('thread.replyAll')}>
          {t('act.thread.replyAll')}
        </Button>
      ) : null}
      <Button look="quiet" keys="f" onClick={() => run('thread.forward')}>
        {t('act.thread.forward')}
      </Button>
    </div>
  )
}

/** Drafts of this thread that are not being written right now. */
function Drafts({ thread }: { thread: Thread }) {
  const open = useComposers((state) => state.open)
  const kept = useQuery(draftsQuery).data?.items ?? []
  const drafts = kept.filter((draft) => draft.thread_id === thread.id && !open.some((composer) => composer.draftId === draft.id))
  if (drafts.length === 0) return null
  const resume = async (id: string) => {
    const { resumeDraft } = await import('@/composer/resume')
    await resumeDraft(id, thread.id)
  }
  return drafts.map((draft) => (
    <button key={draft.id} type="button" className={styles.draft} onClick={() => void resume(draft.id)}>
      <strong>{t('inbox.draft')}</strong>
      <span className={styles.draftWords}>{wordsOf(draft)}</span>
    </button>
  ))
}

function ReaderBones({ subject }: { subject: string | undefined }) {
  return (
    <div className={styles.thread}>
      {subject ? <h2 className={styles.subject}>{subject}</h2> : <Bone width="60%" height={20} />}
      <div className={styles.bones}>
        <Bone width={32} height={32} />
        <Bone width="40%" />
        <Bone width="92%" />
        <Bone width="86%" />
        <Bone width="64%" />
      </div>
    </div>
  )
}
