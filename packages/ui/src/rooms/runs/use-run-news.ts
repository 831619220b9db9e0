import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';
import { useNews } from '../../api/use-news.ts';

/** Asks again for what is shown of a run as soon as it has changed; what is shown meanwhile stays. */
export function useRunNews(id: string): void {
  const { client } = useSession();
  const queries = useQueryClient();
  const known = useRef<{ readonly id: string; readonly mark: string }>(undefined);
  const wait = useCallback(
    async (signal: AbortSignal) => {
      const mark = known.current?.id === id ? known.current.mark : undefined;
      const { changed } = await callOperation(
        client,
        'tracking',
        'watchRuns',
        { body: { runs: [{ id, ...(mark === undefined ? {} : { mark }) }] } },
        signal,
      );
      const [news] = changed;
      if (news === undefined) {
        // The server answers at once for a run that it does not know, and would be asked without a pause.
        if (mark === undefined) throw new Error(`there is no run ${id} to watch`);
        return;
      }
      known.current = news;
      // The first mark is that of what was read just now.
      if (mark !== undefined)
        await queries.invalidateQueries({
          predicate: ({ queryKey: [room, , question] }) =>
            room === 'tracking' && (question as { params?: { id?: string } } | undefined)?.params?.id === id,
        });
    },
    [client, queries, id],
  );
  useNews(wait);
}
