import { useQuery } from '@tanstack/react-query';
import { type Answer, callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';

/** Steps of which points are counted; all where an end is not given. */
interface StepRange {
  readonly fromStep?: number;
  readonly toStep?: number;
}

/** As many as are asked about at a time. */
const metricsAtOnce = 8;
/** The fewest points that a history is asked for: only how many there are is looked at. */
const fewestPoints = 10;

/** How many metric points a run has in a range of steps; undefined while they are counted, and while nobody wants to know. */
export function usePointCount(
  run: Pick<Answer<'tracking', 'getRun'>, 'id' | 'metrics'>,
  range: StepRange | undefined,
): number | undefined {
  const { client } = useSession();
  const names = Object.keys(run.metrics).sort();
  const { data } = useQuery({
    queryKey: ['tracking', 'metricHistory', { params: { id: run.id } }, names, range],
    enabled: range !== undefined,
    async queryFn({ signal }) {
      let count = 0;
      for (let from = 0; from < names.length; from += metricsAtOnce) {
        const histories = await Promise.all(
          names.slice(from, from + metricsAtOnce).map((name) => {
            const query = { name, limit: fewestPoints, ...range };
            return callOperation(
              client,
              'tracking',
              'metricHistory',
              { params: { id: run.id }, query },
              signal,
            );
          }),
        );
        for (const { total } of histories) count += total;
      }
      return count;
    },
  });
  return data;
}
