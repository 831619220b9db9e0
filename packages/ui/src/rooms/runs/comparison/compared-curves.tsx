import { Box, Group, NativeSelect, Switch } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { callOperation } from '../../../api/answers.ts';
import { useSession } from '../../../api/session.tsx';
import { LoadingLines } from '../../../components/answered.tsx';
import { LineChart } from '../../../components/chart.tsx';
import { metricName } from '../../../components/metric-name.tsx';
import { Panel } from '../../../components/panel.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import type { Comparison } from './compared.ts';
import { type CurveAxis, curveAxes, curveOf } from './curve.ts';

const smoothings = [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99];

/** Of the chart, in pixels. */
const height = 280;
/** Points of all lines together, and of one: more than a screen shows. */
const mostPoints = 20_000;
const mostPointsOfOne = 500;

/** How one metric moved in every run. One at a time: runs may have thousands of metrics. */
export function ComparedCurves({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useMessages();
  const { client } = useSession();
  const names = comparison.metrics.map(({ name }) => name);
  const [chosen, setChosen] = useState<string>();
  const [axis, setAxis] = useState<CurveAxis>('step');
  const [smoothing, setSmoothing] = useState(0);
  const [logarithmic, setLogarithmic] = useState(false);
  const metric = chosen ?? names.find((name) => /loss|acc|auc/.test(name)) ?? names[0];
  const latest = comparison.metrics.find(({ name }) => name === metric)?.values;
  const { points, waiting } = useQueries({
    queries: comparison.runs.map(({ id }, place) => {
      const question = {
        params: { id },
        query: { name: metric ?? '', limit: pointsOf(comparison.runs.length) },
      };
      return {
        queryKey: ['tracking', 'metricHistory', question],
        // Who never logged it has no history to ask for.
        enabled: latest?.[place] != null,
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          callOperation(client, 'tracking', 'metricHistory', question, signal),
      };
    }),
    combine: (answers) => ({
      points: answers.map(({ data }) => data?.points),
      waiting: answers.filter(({ isPending, fetchStatus }) => isPending && fetchStatus !== 'idle').length,
    }),
  });
  const lines = useMemo(
    () =>
      comparison.runs.map((run, place) => ({
        name: run.name,
        points: curveOf(points[place] ?? [], { axis, smoothing, logarithmic }),
      })),
    [comparison.runs, points, axis, smoothing, logarithmic],
  );
  if (metric === undefined) return null;
  return (
    <Panel
      title={t('compare.curves')}
      actions={
        <Group gap="xs" justify="flex-end">
          <Switch
            size="xs"
            label={t('curves.log')}
            checked={logarithmic}
            onChange={(event) => setLogarithmic(event.currentTarget.checked)}
          />
          <NativeSelect
            size="xs"
            aria-label={t('curves.smoothing')}
            value={smoothing}
            onChange={(event) => setSmoothing(Number(event.currentTarget.value))}
            data={smoothings.map((weight) => ({
              value: String(weight),
              label: weight === 0 ? t('curves.raw') : `${t('curves.smoothing')} ${weight}`,
            }))}
          />
          <NativeSelect
            size="xs"
            aria-label={t('curves.axis')}
            value={axis}
            onChange={(event) =>
              setAxis(curveAxes.find((known) => known === event.currentTarget.value) ?? 'step')
            }
            data={curveAxes.map((value) => ({ value, label: t(`curves.${value}`) }))}
          />
          <NativeSelect
            size="xs"
            aria-label={t('compare.metric')}
            value={metric}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={names.map((name) => ({ value: name, label: metricName(name, t) }))}
          />
        </Group>
      }
    >
      {/* Drawn as they come, a hundred lines would be drawn a hundred times. */}
      {waiting > 0 ? (
        <Box h={height}>
          <LoadingLines lines={8} />
        </Box>
      ) : (
        <LineChart
          name={metricName(metric, t)}
          lines={lines}
          scale={axis === 'relative' ? 'value' : axis}
          logarithmic={logarithmic}
          height={height}
        />
      )}
    </Panel>
  );
}

/** As many as each of all lines can have. */
function pointsOf(runs: number): number {
  return Math.max(100, Math.min(mostPointsOfOne, Math.floor(mostPoints / runs)));
}
