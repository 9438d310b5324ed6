import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { complain, offerUndo } from './undo'

interface Taking {
  /** What is said when it is gone. */
  words: string
  remove: () => Promise<unknown>
  restore: () => Promise<unknown>
  /** To and from elsewhere, when the page is the record's own. */
  leave?: () => void
  comeBack?: () => void
}

/** Takes a record away and offers it back. */
export async function takeAway({ words, remove, restore, leave, comeBack }: Taking): Promise<void> {
  try {
    await remove()
  } catch (error) {
    complain(`${t('common.notDone')} ${reasonOf(error)}`)
    return
  }
  leave?.()
  offerBack(words, async () => {
    await restore()
    comeBack?.()
  })
}

/** Says what was done and how to take it back; if that fails, says so. */
export function offerBack(words: string, undo: () => Promise<unknown>): void {
  offerUndo(words, () => void undo().catch((error: unknown) => complain(`${t('common.notUndone')} ${reasonOf(error)}`)))
}

function reasonOf(error: unknown): string {
  return t(`problem.${asProblem(error).kind}`)
}
