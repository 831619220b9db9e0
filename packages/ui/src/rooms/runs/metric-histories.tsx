import { Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Answered } from '../../components/answered.tsx';
import { LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { metricName } from '../../components/metric-name.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { WhenSeen } from '../../components/when-seen.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { isSystemMetric } from './system-charts.ts';

type Run = Answer<'tracking', 'getRun'>;

/** Charts at first, and with each further step. */
const atOnce = 12;
/** In pixels: about what a panel with its chart takes. */
const panelHeight = 290;

/** One chart for every metric that was logged at more than one step; of many, those looked for. */
export function MetricHistories({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  const [wanted, setWanted] = useState('');
  const [count, setCount] = useState(atOnce);
  const moving = Object.entries(run.metrics)
    .filter(([name, latest]) => latest.step > 0 && !isSystemMetric(name))
    .map(([name]) => name)
    .sort(byName);
  if (moving.length === 0) return null;
  const found = moving.filter((name) => name.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <>
      {moving.length > atOnce ? (
        <TextInput
          mb="sm"
          maw={340}
          type="search"
          aria-label={t('run.findMetric', { count: moving.length })}
          placeholder={t('run.findMetric', { count: moving.length })}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      ) : null}
      {found.length === 0 ? <QuietText>{t('run.metricNotFound')}</QuietText> : null}
      <Columns least={380}>
        {found.slice(0, count).map((name) => (
          <WhenSeen key={name} height={panelHeight}>
            <MetricHistory run={run} metric={name} />
          </WhenSeen>
        ))}
      </Columns>
      <LoadMore
        more={{
          hasMore: found.length > count,
          isLoadingMore: false,
          loadMore: () => setCount(count + 2 * atOnce),
        }}
      />
    </>
  );
}

/** `step/2` before `step/10`. */
function byName(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
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
