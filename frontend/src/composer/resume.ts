import { readAgain } from '@/shared/api/cache'
import { asProblem } from '@/shared/api/problem'
import type { Message, StoredDraft } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { complain } from '@/shared/widgets/undo'
import { withSources } from './attach'
import { readDraft, takeDraftOver } from './data'
import { changeComposer, openComposer, useComposers } from './store'

/** Opens a draft where it was left: in its thread when it answers, else in a window. */
export async function resumeDraft(draftId: string, threadId: string | null): Promise<void> {
  const already = useComposers.getState().open.find((composer) => composer.draftId === draftId)
  if (already) {
    changeComposer(already.key, { folded: false })
    return
  }
  try {
    show(await readDraft(draftId), threadId)
  } catch (error) {
    complain(`${t('composer.notOpened')} ${asProblem(error).detail}`.trim())
  }
}

/** Goes on with what a mail program left in Drafts: from now on it is the page's. Whether that worked. */
export async function continueDraft(message: Message): Promise<boolean> {
  try {
    show(await takeDraftOver(message.id), null)
    return true
  } catch (error) {
    complain(`${t('composer.notOpened')} ${t(`problem.${asProblem(error).kind}`)}`)
    return false
  } finally {
    void readAgain(['drafts'], ['threads'], ['thread'], ['me'])
  }
}

function show(draft: StoredDraft, threadId: string | null): void {
  openComposer({
    mode: draft.in_reply_to ? 'reply' : draft.forward_of ? 'forward' : 'new',
    frame: threadId && draft.in_reply_to ? 'inline' : 'window',
    threadId: draft.thread_id,
    draftId: draft.id,
    revision: draft.revision,
    saved: 'saved',
    letter: {
      from: draft.from?.address ?? '',
      to: draft.to,
      cc: draft.cc,
      bcc: draft.bcc,
      subject: draft.subject,
      html: withSources(draft.html ?? ''),
      quote: draft.quote_html ?? '',
      inReplyTo: draft.in_reply_to,
      forwardOf: draft.forward_of,
      attachments: draft.attachments.map((file) => ({ key: file.id, id: file.id, name: file.name, size: file.size, type: file.type, share: 1, failed: false })),
    },
  })
}
