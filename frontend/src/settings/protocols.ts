import type { MailProtocol } from '@/shared/api/types'
import type { Key } from '@/shared/i18n'

/** As settings of mail programs call them. */
export const SHORT: Record<MailProtocol, string> = { imap: 'IMAP', pop3: 'POP3', smtp: 'SMTP', managesieve: 'ManageSieve' }

/** What each is for, in the order in which a person cares. */
export const LABELS: Record<MailProtocol, Key> = {
  imap: 'settings.programs.imap',
  pop3: 'settings.programs.pop3',
  smtp: 'settings.programs.smtp',
  managesieve: 'settings.programs.managesieve',
}

export const PROTOCOLS = Object.keys(LABELS) as MailProtocol[]
