import type { Contact } from '@/shared/api/types'
import { t } from '@/shared/i18n'

/** How we know that an address is this person's, in words; a thing a member said needs none. */
export function evidenceWords(contact: Pick<Contact, 'evidence'>): string {
  const lines = contact.evidence
    .filter((evidence) => evidence.kind !== 'manual')
    .map((evidence) => t(`evidence.${evidence.kind}`, { address: evidence.address, percent: evidence.confidence }))
  return [...new Set(lines)].join('\n')
}
