import type { Detection, FoundServer, MailServer, MailServers } from '@/shared/api/types'

/** How mail is fetched: IMAP and Exchange know folders and flags, POP3 the inbox alone. */
export type Fetching = 'imap' | 'pop3' | 'ews'

export const PORTS = {
  imap: { tls: 993, starttls: 143, plain: 143 },
  pop3: { tls: 995, starttls: 110, plain: 110 },
  smtp: { tls: 465, starttls: 587, plain: 587 },
  ews: { tls: 443, starttls: 443, plain: 443 },
} as const

const USUAL: Record<Fetching, string> = { imap: 'imap', pop3: 'pop', ews: 'mail' }

/** The best servers of each way that were found; where there is none, the usual name, to be looked at. */
export function serversOf(found: Detection, fetching: Fetching = 'imap'): MailServers {
  const domain = found.address.slice(found.address.lastIndexOf('@') + 1)
  const incoming = firstOf(found, fetching)
  const outgoing = firstOf(found, 'smtp')
  const login = incoming?.login ?? found.address
  const receiving: MailServer = incoming ? plain(incoming) : { host: `${USUAL[fetching]}.${domain}`, port: PORTS[fetching].tls, security: 'tls', path: '' }
  // Exchange sends what it is given the way it gives what it has.
  if (fetching === 'ews') return { incoming: receiving, outgoing: null, login, outgoing_login: '' }
  return {
    incoming: receiving,
    outgoing: outgoing ? plain(outgoing) : { host: `smtp.${domain}`, port: PORTS.smtp.tls, security: 'tls', path: '' },
    login,
    outgoing_login: outgoing && outgoing.login !== login ? outgoing.login : '',
  }
}

/** IMAP wherever there is a choice, and POP3 only where nothing else is. */
export function fetchingOf(found: Detection): Fetching {
  return (['imap', 'ews', 'pop3'] as const).find((each) => firstOf(found, each)) ?? 'imap'
}

/** The servers that are used of those that were found. */
export function usedOf(found: Detection): FoundServer[] {
  const fetching = fetchingOf(found)
  return [firstOf(found, fetching), fetching === 'ews' ? undefined : firstOf(found, 'smtp')].filter((each) => each !== undefined)
}

export function firstOf({ servers }: Detection, protocol: FoundServer['protocol']): FoundServer | undefined {
  return servers.find((each) => each.protocol === protocol)
}

/** Names that a person has to look at before a password goes there: anybody on the way could have said them. */
export function unvouched(found: Detection): FoundServer[] {
  return usedOf(found).filter((each) => !each.vouched)
}

/** Another way of TLS has another port, unless somebody has typed one. */
export function withSecurity(server: MailServer, protocol: keyof typeof PORTS, security: MailServer['security']): MailServer {
  const usual = server.port === PORTS[protocol][server.security]
  return { ...server, security, port: usual ? PORTS[protocol][security] : server.port }
}

function plain({ host, port, security, path }: FoundServer): MailServer {
  return { host, port, security, path }
}
