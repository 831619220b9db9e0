import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Answer, callOperation } from '../../api/answers.ts';
import { useSession } from '../../api/session.tsx';
import { LoadingLines } from '../../components/answered.tsx';
import { LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { type SystemChart, systemCharts } from './system-charts.ts';

type Run = Answer<'tracking', 'getRun'>;

/** How busy the machines were while a run was made, over time; as points come in, where it is still running. */
export function SystemMetrics({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const charts = systemCharts(Object.keys(run.metrics));
  if (charts.length === 0) return null;
  return (
    <Panel title={t('system.title')} hint={t('system.hint')}>
      <Columns least={340}>
        {charts.map((chart) => (
          <SystemCurves key={chart.key} run={run} chart={chart} />
        ))}
      </Columns>
    </Panel>
  );
}

function SystemCurves({ run, chart }: { readonly run: Run; readonly chart: SystemChart }) {
  const { t } = useMessages();
  const { client } = useSession();
  const { data, error, isLoading } = useQueries({
    queries: chart.lines.map(({ metric }) => {
      const question = { params: { id: run.id }, query: { name: metric, limit: 500 } };
      return {
        queryKey: ['tracking', 'metricHistory', question],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          callOperation(client, 'tracking', 'metricHistory', question, signal),
      };
    }),
    combine: (answers) => ({
      data: answers.map((answer) => answer.data),
      error: answers.find((answer) => answer.error)?.error,
      isLoading: answers.some((answer) => answer.isLoading),
    }),
  });
  const lines = useMemo(
    () =>
      chart.lines.map(({ label }, place) => ({
        name: label,
        points: (data[place]?.points ?? [])
          .map(
            (point) =>
              [
                (point.at - run.startedAt) / 1000,
                typeof point.value === 'number' ? point.value : null,
              ] as const,
          )
          .toSorted(([left], [right]) => left - right),
      })),
    [chart, data, run.startedAt],
  );
  const title = `${t(`system.${chart.subject}`)}${chart.unit === 'none' ? '' : ` (${t(`unit.${chart.unit}`)})`}`;
  return (
    <Panel title={title}>
      {error ? <ErrorNotice error={error} /> : null}
      {isLoading ? (
        <LoadingLines lines={6} />
      ) : (
        <LineChart name={title} lines={lines} scale="value" fromZero />
      )}
    </Panel>
  );
}
