import { ApiError } from '@esteira/sdk';
import { QueryCache, QueryClient } from '@tanstack/react-query';

/** Key of the answer to "who am I": the sign-in gate watches it. */
export const meKey = ['governance', 'me'] as const;

/** Keeps answers fresh for five seconds. An answer that says the session has ended sends the page to the sign-in gate. */
export function createQueryClient(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        const isEnded = error instanceof ApiError && error.status === 401;
        if (isEnded && query.queryKey[1] !== meKey[1]) void queries.resetQueries({ queryKey: meKey });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
  return queries;
}
