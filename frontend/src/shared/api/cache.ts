import { QueryClient } from '@tanstack/react-query'
import { Problem } from './problem'

/** What the page has read. Live changes mark it stale, so it need not be re-read by the clock. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 30 * 60_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof Problem && ['offline', 'busy', 'failed'].includes(error.kind),
      retryDelay: (failures) => 400 * 2 ** failures,
      refetchOnWindowFocus: false,
      // Asked all the same while the browser believes it is offline: a person is told, not left waiting.
      networkMode: 'always',
      refetchOnReconnect: true,
    },
    mutations: { networkMode: 'always' },
  },
})
