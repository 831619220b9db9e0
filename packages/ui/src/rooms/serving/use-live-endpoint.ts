import { type LiveArm, type LiveCounts, type LiveStep, liveArms, liveSteps } from '@esteira/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';
import { useNews } from '../../api/use-news.ts';
import { addMoment } from './live-window.ts';

export interface LiveEndpoint {
  /** None where nothing was answered lately. */
  readonly arms: readonly LiveArm[];
  /** Of its pipeline models. */
  readonly steps: readonly LiveStep[];
  readonly running: number;
  readonly waiting: number;
}

/** While something is answered the next moment is looked at soon, so that figures fall to nothing when the requests end. */
const busyWaitMs = 4_000;
const idleWaitMs = 20_000;
const refreshEveryMs = 5_000;

/**
 * How an endpoint does now, told by the server as soon as it has counted something; everything else that is shown of the
 * endpoint is then asked again. Undefined before the first answer.
 */
export function useLiveEndpoint(name: string): LiveEndpoint | undefined {
  const { client } = useSession();
  const queries = useQueryClient();
  const [live, setLive] = useState<LiveEndpoint>();
  const moments = useRef<readonly LiveCounts[]>([]);
  /** What everything else on the page was asked at, and when by the page's clock. */
  const shown = useRef<{ readonly mark: string; readonly at: number }>(undefined);
  const wait = useCallback(
    async (signal: AbortSignal) => {
      const known = moments.current.at(-1);
      const isBusy = known !== undefined && known.mark !== shown.current?.mark;
      const query = {
        ...(known === undefined ? {} : { mark: known.mark }),
        waitMs: isBusy || moments.current.length > 1 ? busyWaitMs : idleWaitMs,
      };
      const counts = await callOperation(
        client,
        'serving',
        'liveCounts',
        { params: { name }, query },
        signal,
      );
      moments.current = addMoment(moments.current, counts);
      const first = moments.current[0] ?? counts;
      const { running, waiting } = counts;
      setLive({ arms: liveArms(first, counts), steps: liveSteps(first, counts), running, waiting });
      const now = performance.now();
      const before = shown.current;
      if (before?.mark === counts.mark || now - (before?.at ?? -Infinity) < refreshEveryMs) return;
      shown.current = { mark: counts.mark, at: now };
      // What the page showed when the first moment came was read just now.
      if (before === undefined) return;
      await queries.invalidateQueries({
        predicate: ({ queryKey: [room, verb, question] }) =>
          room === 'serving' &&
          verb !== 'questionForm' &&
          (question as { params?: { name?: string } } | undefined)?.params?.name === name,
      });
    },
    [client, queries, name],
  );
  useNews(wait);
  return live;
}
