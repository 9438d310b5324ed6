import { kindOf, Problem } from './problem'
import { tame } from './tame'

const BASE = '/api/v1'
const KEEPALIVE_MOST = 8_000

type Query = Record<string, string | number | boolean | null | undefined>

interface Options {
  query?: Query
  body?: unknown
  signal?: AbortSignal
  /** The same key makes a repeated request count once; without one, each call is a new act. */
  key?: string
}

let onSignedOut: () => void = () => undefined

/** What to do when a session has ended; the shell goes to the sign-in page. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act
}

export const api = {
  get: <T>(path: string, options?: Options) => request<T>('GET', path, options),
  post: <T>(path: string, body?: unknown, options?: Options) => request<T>('POST', path, { ...options, body }),
  put: <T>(path: string, body?: unknown, options?: Options) => request<T>('PUT', path, { ...options, body }),
  patch: <T>(path: string, body?: unknown, options?: Options) => request<T>('PATCH', path, { ...options, body }),
  delete: <T>(path: string, options?: Options) => request<T>('DELETE', path, options),
}

export function address(path: string, query?: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const tail = search.toString()
  return BASE + path + (tail ? `?${tail}` : '')
}

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: options.signal ?? null }
  if (method !== 'GET') init.headers = writeHeaders(options)
  else init.headers = { Accept: 'application/json' }
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body)
    // What was done last is not lost with the window; browsers carry up to 64 KiB past its end.
    init.keepalive = init.body.length < KEEPALIVE_MOST
  } else if (method !== 'GET') init.keepalive = true
  let response: Response
  try {
    response = await fetch(address(path, options.query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem('offline', 0, '')
  }
  if (!response.ok) throw await problemOf(response, path)
  if (response.status === 204 || response.headers.get('content-length') === '0') return undefined as T
  const text = await response.text()
  return tame(JSON.parse(text) as T, text)
}

/** A custom header cannot be sent from another site without our consent (CORS), so it proves the request is ours. */
function writeHeaders(options: Options): Record<string, string> {
  return {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'X-Posthouse-CSRF': '1',
    'Idempotency-Key': options.key ?? crypto.randomUUID(),
  }
}

interface ProblemBody {
  detail?: string
  title?: string
  fields?: Record<string, string>
}

async function problemOf(response: Response, path: string): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody
  const kind = kindOf(response.status)
  if (kind === 'signed_out' && path !== '/session') onSignedOut()
  return new Problem(kind, response.status, body.detail ?? body.title ?? '', body.fields)
}

/** Sends one file with progress from 0 to 1. `fetch` cannot report what it has sent, so this is XMLHttpRequest. */
export function upload<T>(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const wire = new XMLHttpRequest()
    wire.open('POST', address('/uploads', { name: file.name }))
    wire.setRequestHeader('Content-Type', file.type || 'application/octet-stream')
    wire.setRequestHeader('X-Posthouse-CSRF', '1')
    wire.setRequestHeader('Idempotency-Key', crypto.randomUUID())
    wire.responseType = 'json'
    wire.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    wire.onerror = () => reject(new Problem('offline', 0, ''))
    wire.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    wire.onload = () => {
      const answer = wire.response as (T & ProblemBody) | null
      if (wire.status < 300 && answer) resolve(answer)
      else reject(new Problem(kindOf(wire.status), wire.status, answer?.detail ?? ''))
    }
    signal.addEventListener('abort', () => wire.abort())
    wire.send(file)
  })
}
