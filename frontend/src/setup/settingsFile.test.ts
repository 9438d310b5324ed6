import { expect, test } from 'vitest'
import type { Machine } from '@/shared/api/types'
import { settingsFile, usualName } from './settingsFile'

const machine = {
  hostname: 'localhost',
  named: false,
  listeners: [
    { name: 'smtp', host: '127.0.0.1', port: 2525, usual_port: 25, reach: 'machine' },
    { name: 'https', host: null, port: null, usual_port: 443, reach: 'off' },
  ],
} as unknown as Machine

test('a server without a name gets the usual one of its domain', () => {
  expect(usualName(machine, 'acme.example')).toBe('mail.acme.example')
  expect(usualName(machine, undefined)).toBe('mail.example.com')
  expect(usualName({ ...machine, named: true, hostname: 'mx.acme.example' }, 'acme.example')).toBe('mx.acme.example')
})

test('the file opens the ports for mail, and those of the page', () => {
  expect(settingsFile('mail.acme.example', machine.listeners)).toBe(
    'hostname = "mail.acme.example"\npublic_url = "https://mail.acme.example"\nplaintext_auth = "off"\n\n[listeners]\nsmtp = "0.0.0.0:25"\nhttps = "0.0.0.0:443"',
  )
})
