import { expect, test } from 'vitest'
import type { Detection, FoundServer } from '@/shared/api/types'
import { fetchingOf, serversOf, unvouched, withSecurity } from './servers'

const FOUND: FoundServer = { protocol: 'imap', host: 'imap.kunde.example', port: 993, security: 'tls', path: '', login: 'anna', way: 'srv', detail: '', vouched: true }

function detection(...servers: FoundServer[]): Detection {
  return { address: 'anna@kunde.example', provider: null, servers, exchange: '', takes_no_mail: false }
}

test('the first server of each way is taken, with its own login', () => {
  const smtp: FoundServer = { ...FOUND, protocol: 'smtp', host: 'smtp.kunde.example', port: 587, security: 'starttls', login: 'anna@kunde.example' }
  expect(serversOf(detection({ ...FOUND, protocol: 'pop3' }, FOUND, { ...FOUND, host: 'second' }, smtp))).toEqual({
    incoming: { host: 'imap.kunde.example', port: 993, security: 'tls', path: '' },
    outgoing: { host: 'smtp.kunde.example', port: 587, security: 'starttls', path: '' },
    login: 'anna',
    outgoing_login: 'anna@kunde.example',
  })
})

test('where nothing was found there is something to change', () => {
  const { incoming, outgoing, login } = serversOf(detection())
  expect([incoming.host, incoming.port, outgoing?.host, login]).toEqual(['imap.kunde.example', 993, 'smtp.kunde.example', 'anna@kunde.example'])
})

test('an Exchange is used where there is no IMAP, and sends by itself', () => {
  const ews: FoundServer = { ...FOUND, protocol: 'ews', host: 'mail.kunde.example', port: 443, path: '/EWS/Exchange.asmx', vouched: false }
  const pop: FoundServer = { ...FOUND, protocol: 'pop3' }
  const smtp: FoundServer = { ...FOUND, protocol: 'smtp', vouched: false }
  expect(fetchingOf(detection(ews, FOUND))).toBe('imap')
  expect(fetchingOf(detection(pop, ews))).toBe('ews')
  expect(unvouched(detection(ews, smtp))).toEqual([ews])
  expect(serversOf(detection(ews, smtp), 'ews')).toEqual({
    incoming: { host: 'mail.kunde.example', port: 443, security: 'tls', path: '/EWS/Exchange.asmx' },
    outgoing: null,
    login: 'anna',
    outgoing_login: '',
  })
})

test('only what is used is to be looked at', () => {
  const doubtful = { ...FOUND, vouched: false }
  expect(unvouched(detection(FOUND, doubtful))).toEqual([])
  expect(unvouched(detection(doubtful, FOUND))).toEqual([doubtful])
})

test('the port follows the way of TLS until somebody has typed one', () => {
  const server = { host: 'imap.kunde.example', port: 993, security: 'tls', path: '' } as const
  expect(withSecurity(server, 'imap', 'starttls').port).toBe(143)
  expect(withSecurity({ ...server, port: 9993 }, 'imap', 'starttls').port).toBe(9993)
})
