import { useEffect } from 'react'
import { create } from 'zustand'
import { readAgain } from '@/shared/api/cache'
import { address, api } from '@/shared/api/client'
import { asProblem } from '@/shared/api/problem'

/** What the server says has changed; the page reads it again through the same doors, so rights apply. */
export interface Change {
  what: string
  ids?: string[]
}

interface Connection {
  lost: boolean
  retry: () => void
}

/** One missed beat is no news: the bar appears when the line stays silent for longer. */
const LOST_AFTER_MS = 4_000
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000]

export const useConnection = create<Connection>(() => ({ lost: false, retry: () => undefined }))

/** Keeps the page in step with the server while it is on screen. */
export function useLive(): void {
  useEffect(() => listen(), [])
}

function listen(): () => void {
  let source: EventSource | undefined
  let attempt = 0
  let pause = 0
  let alarm = 0
  let everLost = false

  const connect = () => {
    window.clearTimeout(pause)
    source?.close()
    source = new EventSource(address('/live'))
    source.onopen = () => {
      window.clearTimeout(alarm)
      alarm = 0
      attempt = 0
      useConnection.setState({ lost: false })
      // What happened meanwhile was not heard; at the start, that is what came while the first list was on its way.
      void readAgain(everLost ? [] : ['threads'])
      everLost = false
    }
    source.addEventListener('changed', (event) => heard(JSON.parse(String(event.data)) as Change))
    source.onerror = () => {
      source?.close()
      everLost = true
      alarm ||= window.setTimeout(() => useConnection.setState({ lost: true }), LOST_AFTER_MS)
      const wait = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 30_000
      attempt += 1
      // Many pages lose one server at the same moment; they should not come back at the same moment.
      pause = window.setTimeout(connect, wait * (0.75 + Math.random() / 2))
      if (attempt === 2) void stillSignedIn()
    }
  }
  const online = () => {
    attempt = 0
    connect()
  }
  useConnection.setState({ retry: online })
  window.addEventListener('online', online)
  connect()
  return () => {
    window.removeEventListener('online', online)
    window.clearTimeout(pause)
    window.clearTimeout(alarm)
    source?.close()
    useConnection.setState({ lost: false })
  }
}

/** An EventSource cannot tell why it failed; asking once shows whether the session has ended. */
async function stillSignedIn(): Promise<void> {
  try {
    await api.get('/me')
  } catch (error) {
    asProblem(error)
  }
}

const QUERIES: Record<string, string[]> = {
  threads: ['threads', 'search', 'me', 'accounts'],
  drafts: ['drafts'],
  contacts: ['contacts', 'contact', 'companies', 'company', 'timeline', 'lookup'],
  outbox: ['threads', 'timeline'],
  queue: ['queue'],
  accounts: ['accounts'],
}

let waiting = new Set<string>()
let timer = 0

/** Bursts (an import, a busy morning) are gathered, so that one re-read serves many changes. */
function heard(change: Change): void {
  for (const name of QUERIES[change.what] ?? []) waiting.add(name)
  void readAgain(...(change.ids ?? []).map((id) => ['thread', id]))
  timer ||= window.setTimeout(() => {
    void readAgain(...[...waiting].map((name) => [name]))
    waiting = new Set()
    timer = 0
  }, 120)
}
