import { asProblem, Problem } from '@/shared/api/problem'
import type { OwnLimits, Usage, UsageLimits } from '@/shared/api/types'
import { t } from '@/shared/i18n'
import { Dialog } from '@/shared/widgets/Dialog'
import { TextField } from '@/shared/widgets/Field'
import { RecordForm } from '@/shared/widgets/RecordForm'
import { complain, offerUndo } from '@/shared/widgets/undo'
import { setDefault, setLimits } from './data'
import { octetsOf, sizeText } from './sizes'

interface Props {
  /** A mailbox, or what holds for those without limits of their own. */
  of: Usage | 'default' | null
  whole: UsageLimits
  onClose: () => void
}

/** What a mailbox may hold. */
export function LimitsForm({ of, whole, onClose }: Props) {
  const title = of === null || of === 'default' ? t('keeping.default') : of.address
  return (
    <Dialog open={of !== null} onClose={onClose} title={title}>
      {of === null ? null : <Form key={title} of={of} whole={whole} onDone={onClose} />}
    </Dialog>
  )
}

function Form({ of, whole, onDone }: { of: Usage | 'default'; whole: UsageLimits; onDone: () => void }) {
  const before: OwnLimits = of === 'default' ? { octets: whole.octets || null, messages: whole.messages || null } : of.own
  const keep = (limits: OwnLimits) =>
    of === 'default' ? setDefault({ octets: limits.octets ?? 0, messages: limits.messages ?? 0 }) : setLimits(of.address, limits)
  const hint = of === 'default' ? t('keeping.emptyDefault') : t('keeping.emptyOwn')
  return (
    <RecordForm
      verb={t('common.save')}
      keep={(text) => keep({ octets: sizeFrom(text('octets')), messages: countFrom(text('messages')) })}
      onKept={() => {
        offerUndo(t('settings.saved'), () => {
          keep(before).catch((error: unknown) => complain(`${t('common.notUndone')} ${asProblem(error).detail}`.trim()))
        })
      }}
      onDone={onDone}
      wordsOf={(_, field) => t(field === 'octets' ? 'keeping.wrongSize' : 'keeping.wrongCount')}
    >
      {(wrong) => (
        <>
          <TextField
            label={t('keeping.size')}
            name="octets"
            placeholder="10 GB"
            autoComplete="off"
            defaultValue={typed(before.octets, sizeText)}
            hint={hint}
            error={wrong('octets')}
          />
          <TextField
            label={t('keeping.count')}
            name="messages"
            inputMode="numeric"
            autoComplete="off"
            defaultValue={typed(before.messages, String)}
            error={wrong('messages')}
          />
        </>
      )}
    </RecordForm>
  )
}

function typed(limit: number | null | undefined, words: (limit: number) => string): string {
  return limit === null || limit === undefined ? '' : words(limit)
}

/** Null of an empty field. Throws what the server would answer to nonsense. */
function sizeFrom(text: string): number | null {
  if (!text) return null
  const octets = octetsOf(text)
  if (octets === null) throw refused('octets')
  return octets
}

function countFrom(text: string): number | null {
  if (!text) return null
  if (!/^\d{1,12}$/.test(text)) throw refused('messages')
  return Number(text)
}

function refused(field: string): Problem {
  return new Problem('invalid', 422, '', { [field]: '' })
}
