/** What went wrong, in the server's kinds (RFC 9457) and two of our own: no network, and an answer we cannot read. */
export type ProblemKind = 'not_found' | 'conflict' | 'denied' | 'invalid' | 'busy' | 'signed_out' | 'offline' | 'failed'

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly status: number,
    readonly detail: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(detail || kind)
    this.name = 'Problem'
  }
}

const KINDS: Record<number, ProblemKind> = {
  400: 'invalid',
  401: 'signed_out',
  403: 'denied',
  404: 'not_found',
  409: 'conflict',
  410: 'not_found',
  412: 'conflict',
  413: 'invalid',
  422: 'invalid',
  423: 'busy',
  429: 'busy',
  503: 'busy',
  504: 'busy',
}

export function kindOf(status: number): ProblemKind {
  return KINDS[status] ?? 'failed'
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('failed', 0, error instanceof Error ? error.message : '')
}
