import { QueryClient, type QueryKey } from '@tanstack/react-query'
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

/** What stands under these keys is read again: now if it is looked at, else when it is. */
export async function readAgain(...keys: QueryKey[]): Promise<void> {
  await Promise.all(keys.map(readUnder))
}

async function readUnder(queryKey: QueryKey): Promise<void> {
  // A first answer that is on its way is not asked for anew, but may be older than what is known now: it is when it has come.
  const first = cache.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' }).filter((query) => query.state.data === undefined)
  await cache.invalidateQueries({ queryKey })
  await Promise.all(first.map((query) => cache.invalidateQueries({ queryKey: query.queryKey, exact: true })))
}
