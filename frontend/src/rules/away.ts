import type { Away, Mailbox } from '@/shared/api/types'

/** Nothing goes out until somebody says so. */
export function newAway(mailbox: Mailbox): Away {
  return { on: false, subject: '', chinese: '', english: '', first: null, last: null, zone: '+0000', days: 7, addresses: [...mailbox.aliases] }
}

/** The offset of this device on that day, as `+0800`: days begin where the person is. */
export function zoneNow(day: string | null): string {
  const east = -new Date(day ? `${day}T12:00` : Date.now()).getTimezoneOffset()
  const two = (number: number) => String(number).padStart(2, '0')
  return `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`
}
