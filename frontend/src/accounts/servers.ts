import type { Detection, FoundServer, MailServer, MailServers } from '@/shared/api/types'

/** How mail is fetched: IMAP knows folders and flags, POP3 the inbox alone. */
export type Fetching = 'imap' | 'pop3'

export const PORTS = {
  imap: { tls: 993, starttls: 143, plain: 143 },
  pop3: { tls: 995, starttls: 110, plain: 110 },
  smtp: { tls: 465, starttls: 587, plain: 587 },
} as const

/** The best servers of each way that were found; where there is none, the usual name, to be looked at. */
export function serversOf(found: Detection, fetching: Fetching = 'imap'): MailServers {
  const domain = found.address.slice(found.address.lastIndexOf('@') + 1)
  const incoming = firstOf(found, fetching)
  const outgoing = firstOf(found, 'smtp')
  const login = incoming?.login ?? found.address
  return {
    incoming: incoming ? plain(incoming) : { host: `${fetching === 'imap' ? 'imap' : 'pop'}.${domain}`, port: PORTS[fetching].tls, security: 'tls' },
    outgoing: outgoing ? plain(outgoing) : { host: `smtp.${domain}`, port: PORTS.smtp.tls, security: 'tls' },
    login,
    outgoing_login: outgoing && outgoing.login !== login ? outgoing.login : '',
  }
}

/** IMAP wherever there is a choice. */
export function fetchingOf(found: Detection): Fetching {
  return !firstOf(found, 'imap') && firstOf(found, 'pop3') ? 'pop3' : 'imap'
}

export function firstOf({ servers }: Detection, protocol: FoundServer['protocol']): FoundServer | undefined {
  return servers.find((each) => each.protocol === protocol)
}

/** Names that a person has to look at before a password goes there: anybody on the way could have said them. */
export function unvouched(found: Detection): FoundServer[] {
  return [firstOf(found, fetchingOf(found)), firstOf(found, 'smtp')].filter((each) => each !== undefined && !each.vouched) as FoundServer[]
}

/** Another way of TLS has another port, unless somebody has typed one. */
export function withSecurity(server: MailServer, protocol: keyof typeof PORTS, security: MailServer['security']): MailServer {
  const usual = server.port === PORTS[protocol][server.security]
  return { ...server, security, port: usual ? PORTS[protocol][security] : server.port }
}

function plain({ host, port, security }: FoundServer): MailServer {
  return { host, port, security }
}
