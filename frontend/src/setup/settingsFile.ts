import type { Machine } from '@/shared/api/types'

/** The settings file of a server that stands in the open: its name, and the ports that others expect. */
export function settingsFile(hostname: string, listeners: Machine['listeners']): string {
  const open = listeners.map((each) => `${each.name} = "0.0.0.0:${String(each.usual_port)}"`)
  return [`hostname = "${hostname}"`, `public_url = "https://${hostname}"`, 'plaintext_auth = "off"', '', '[listeners]', ...open].join('\n')
}

/** What a server for a domain is usually called. */
export function usualName(machine: Machine, domain: string | undefined): string {
  return machine.named ? machine.hostname : `mail.${domain ?? 'example.com'}`
}
