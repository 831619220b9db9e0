import { Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { isSystemMetric } from './system-charts.ts';

type Run = Answer<'tracking', 'getRun'>;

const most = 12;

/** One chart for every metric that was logged at more than one step. */
export function MetricHistories({ run }: { readonly run: Run }) {
  const moving = Object.entries(run.metrics)
    .filter(([name, latest]) => latest.step > 0 && !isSystemMetric(name))
    .map(([name]) => name)
    .sort()
    .slice(0, most);
  if (moving.length === 0) return null;
  return (
    <Columns least={380}>
      {moving.map((name) => (
        <MetricHistory key={name} run={run} metric={name} />
      ))}
    </Columns>
  );
}

function MetricHistory({ run, metric }: { readonly run: Run; readonly metric: string }) {
  const { t } = useMessages();
  const history = useAnswer('tracking', 'metricHistory', {
    params: { id: run.id },
    query: { name: metric },
  });
  const points = history.data?.points;
  const lines = useMemo(
    () => [
      {
        name: metric,
        points: (points ?? []).map(
          (point) => [point.step, typeof point.value === 'number' ? point.value : null] as const,
        ),
      },
    ],
    [metric, points],
  );
  return (
    <Panel title={metricName(metric, t)}>
      <Answered query={history} lines={6}>
        {(answer) => (
          <>
            <LineChart name={metricName(metric, t)} lines={lines} scale="step" />
            {answer.thinned ? (
              <Text size="xs" c="dimmed">
                {t('run.thinned', { shown: answer.points.length, total: answer.total })}
              </Text>
            ) : null}
          </>
        )}
      </Answered>
    </Panel>
  );
}
