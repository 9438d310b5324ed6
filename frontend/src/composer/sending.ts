import { readAgain } from '@/shared/api/cache'
import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { messageTime } from '@/shared/i18n/format'
import { complain, dismiss, offerUndo, say } from '@/shared/widgets/undo'
import * as server from './data'
import { changeComposer, closeComposer, composerOf, isBlank, useComposers, type Composer } from './store'

const SAVE_AFTER_MS = 1_200
const SAVE_AGAIN_MS = 10_000
const timers = new Map<string, number>()

/** Saves every open letter a moment after its last change, and at once when the page is put out of sight. */
export function watchLetters(): () => void {
  const hidden = () => {
    if (document.visibilityState !== 'hidden') return
    for (const composer of useComposers.getState().open) if (composer.saved === 'dirty') void save(composer.key)
  }
  document.addEventListener('visibilitychange', hidden)
  const stop = watchChanges()
  return () => {
    document.removeEventListener('visibilitychange', hidden)
    stop()
  }
}

function watchChanges(): () => void {
  return useComposers.subscribe(({ open }, before) => {
    for (const composer of open) {
      const was = before.open.find((each) => each.key === composer.key)
      if (composer.saved !== 'dirty' || was?.version === composer.version) continue
      window.clearTimeout(timers.get(composer.key))
      timers.set(composer.key, window.setTimeout(() => void save(composer.key), SAVE_AFTER_MS))
    }
  })
}

/** One save at a time: a later one carries what an earlier one missed. */
export async function save(key: string): Promise<void> {
  const composer = composerOf(key)
  if (!composer || composer.saved === 'saving') return
  if (!composer.draftId && isBlank(composer.letter)) return
  const { version } = composer
  changeComposer(key, { saved: 'saving' })
  try {
    const { id, revision } = await server.saveDraft(composer.draftId, composer.revision, composer.letter)
    const now = composerOf(key)
    const newer = now !== undefined && now.version !== version
    changeComposer(key, { draftId: id, revision, saved: newer ? 'dirty' : 'saved' })
    if (!composer.draftId) void readAgain(['drafts'])
    if (newer) await save(key)
  } catch (error) {
    const conflict = asProblem(error).kind === 'conflict'
    changeComposer(key, { saved: conflict ? 'conflict' : 'failed' })
    if (!conflict) timers.set(key, window.setTimeout(() => void save(key), SAVE_AGAIN_MS))
  }
}

/** The person has seen that another window has saved, and wants what is written here. */
export async function keepMine(key: string): Promise<void> {
  const draftId = composerOf(key)?.draftId
  if (!draftId) return
  try {
    const { revision } = await server.readDraft(draftId)
    changeComposer(key, { revision, saved: 'dirty' })
  } catch (error) {
    if (asProblem(error).kind !== 'not_found') return
    // The other window has thrown it away or sent it: this one becomes a draft of its own.
    changeComposer(key, { draftId: null, revision: 0, saved: 'dirty' })
  }
  await save(key)
}

async function settled(key: string): Promise<void> {
  window.clearTimeout(timers.get(key))
  while (composerOf(key)?.saved === 'saving') await new Promise((done) => window.setTimeout(done, 30))
}

/** Sends and closes; for ten seconds it can be called back and is open again as it was. */
export async function sendLetter(key: string, sendAt: string | null): Promise<void> {
  await settled(key)
  const open = composerOf(key)
  if (!open) return
  const sendKey = open.sendKey ?? crypto.randomUUID()
  const composer = { ...open, sendKey }
  closeComposer(key)
  const sending = say(t('composer.sending'))
  try {
    const sent = await server.send(composer.letter, composer.draftId, sendAt, sendKey)
    dismiss(sending)
    const words = sendAt ? t('composer.scheduled', { when: messageTime(sendAt) }) : t('composer.sent', { to: namesOf(composer) })
    offerUndo(words, () => void callBack(composer, sent.id), holdOf(sent.undo_until))
    void refresh(composer)
  } catch (error) {
    dismiss(sending)
    reopen(composer)
    const problem = asProblem(error)
    complain(`${t('composer.notSent')} ${t(`problem.${problem.kind}`)} ${problem.detail}`.trim())
  }
}

/** How long the server still holds the letter; its clock may differ from ours, so never more than its rule. */
function holdOf(until: string): number {
  const left = new Date(until).getTime() - Date.now()
  return Number.isFinite(left) ? Math.min(10_000, Math.max(3_000, left)) : 10_000
}

async function callBack(composer: Composer, messageId: string): Promise<void> {
  try {
    const { draft_id: draftId } = await server.undoSend(messageId)
    const revision = draftId ? (await server.readDraft(draftId)).revision : 0
    reopen({ ...composer, draftId, revision, saved: draftId ? 'saved' : 'dirty', sendKey: null })
    say(t('composer.calledBack'))
    void refresh(composer)
  } catch (error) {
    complain(`${t('composer.notCalledBack')} ${asProblem(error).detail}`.trim())
  }
}

function reopen(composer: Composer): void {
  useComposers.setState(({ open }) => ({ open: [...open, { ...composer, folded: false }] }))
}

export async function discard(key: string): Promise<void> {
  await settled(key)
  const composer = composerOf(key)
  if (!composer) return
  closeComposer(key)
  if (isBlank(composer.letter) && !composer.draftId) return
  offerUndo(t('composer.discarded'), () => {
    stop()
    reopen(composer)
  })
  // The server's copy goes only when it can no longer be wanted back: later, or with the window.
  const drop = () => {
    stop()
    if (composer.draftId) void server.deleteDraft(composer.draftId).then(() => refresh(composer)).catch(() => undefined)
  }
  const timer = window.setTimeout(drop, 8_200)
  window.addEventListener('pagehide', drop)
  const stop = () => {
    window.clearTimeout(timer)
    window.removeEventListener('pagehide', drop)
  }
}

/** Puts the letter aside; it stays among the drafts. */
export async function putAside(key: string): Promise<void> {
  await settled(key)
  await save(key)
  const composer = composerOf(key)
  if (!composer || composer.saved === 'failed' || composer.saved === 'conflict') return
  closeComposer(key)
  if (composer.draftId) {
    say(t('composer.keptDraft'))
    void refresh(composer)
  }
}

function namesOf(composer: Composer): string {
  const [first, ...rest] = [...composer.letter.to, ...composer.letter.cc, ...composer.letter.bcc]
  const name = first ? first.name || first.address : ''
  return rest.length > 0 ? t('composer.andMore', { name, count: rest.length }) : name
}

async function refresh(composer: Composer): Promise<void> {
  await readAgain(['threads'], ['drafts'], ['me'], ...(composer.threadId ? [['thread', composer.threadId]] : []))
}
