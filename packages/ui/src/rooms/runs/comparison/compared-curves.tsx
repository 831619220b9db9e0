import { NativeSelect } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { callOperation } from '../../../api/answers.ts';
import { useSession } from '../../../api/session.tsx';
import { LineChart } from '../../../components/chart.tsx';
import { metricName } from '../../../components/metric-name.tsx';
import { Panel } from '../../../components/panel.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import type { Comparison } from './compared.ts';

/** How one metric moved in every run. One at a time: runs may have thousands of metrics. */
export function ComparedCurves({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useMessages();
  const { client } = useSession();
  const names = comparison.metrics.map(({ name }) => name);
  const [chosen, setChosen] = useState<string>();
  const metric = chosen ?? names.find((name) => /loss|acc|auc/.test(name)) ?? names[0];
  const histories = useQueries({
    queries: comparison.runs.map(({ id }) => {
      const question = { params: { id }, query: { name: metric ?? '', limit: 500 } };
      return {
        queryKey: ['tracking', 'metricHistory', question],
        enabled: metric !== undefined,
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          callOperation(client, 'tracking', 'metricHistory', question, signal),
      };
    }),
    combine: (answers) => answers.map(({ data }) => data?.points),
  });
  const lines = useMemo(
    () =>
      comparison.runs.map((run, place) => ({
        name: run.name,
        points: (histories[place] ?? []).map(
          ({ step, value }) => [step, typeof value === 'number' ? value : null] as const,
        ),
      })),
    [comparison.runs, histories],
  );
  if (metric === undefined) return null;
  return (
    <Panel
      title={t('compare.curves')}
      actions={
        <NativeSelect
          size="xs"
          aria-label={t('compare.metric')}
          value={metric}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={names.map((name) => ({ value: name, label: metricName(name, t) }))}
        />
      }
    >
      <LineChart name={metricName(metric, t)} lines={lines} scale="step" height={280} />
    </Panel>
  );
}
