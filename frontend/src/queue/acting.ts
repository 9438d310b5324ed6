import { asProblem } from '@/shared/api/problem'
import { t } from '@/shared/i18n'
import { complain, offerUndo, say } from '@/shared/widgets/undo'
import { change, type Choice } from './data'

/** What an act is about: a site or one recipient, how many mails that is and how many of them are held. */
export interface Target {
  name: string
  choice: Choice
  count: number
  held: number
}

export async function retry({ choice }: Target): Promise<void> {
  await told(async () => {
    say(t('queue.retried', { count: await change('retry', choice) }))
  })
}

/** Taken back as a whole only when the whole was changed: what was held before stays so. */
export async function hold(target: Target): Promise<void> {
  await told(async () => {
    const words = t('queue.didHold', { count: await change('hold', target.choice) })
    if (target.held === 0) offerUndo(words, () => void told(() => change('release', target.choice)))
    else say(words)
  })
}

export async function release(target: Target): Promise<void> {
  await told(async () => {
    const words = t('queue.didRelease', { count: await change('release', target.choice) })
    if (target.held === target.count) offerUndo(words, () => void told(() => change('hold', target.choice)))
    else say(words)
  })
}

async function told(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    complain(`${t('common.notDone')} ${t(`problem.${asProblem(error).kind}`)}`)
  }
}
