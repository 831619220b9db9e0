import { useMemo } from 'react';
import type { Answer } from '../../api/answers.ts';
import { BarChart, LineChart } from '../../components/chart.tsx';
import { Columns } from '../../components/columns.tsx';
import type { ChartLine } from '../../components/line-option.ts';
import { metricName } from '../../components/metric-name.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Charts = Answer<'monitoring', 'charts'>;

const losses: readonly string[] = ['log_loss', 'brier', 'mae', 'rmse'];

/** Performance, rows, latency and errors over the windows. */
export function MonitorCharts({ charts }: { readonly charts: Charts }) {
  return (
    <>
      {charts.performance ? <Performance charts={charts} performance={charts.performance} /> : null}
      <Columns least={360}>
        <Rows charts={charts} />
        <Latency charts={charts} />
        <Errors charts={charts} />
      </Columns>
    </>
  );
}

function Performance({
  charts,
  performance,
}: {
  readonly charts: Charts;
  readonly performance: NonNullable<Charts['performance']>;
}) {
  const { t, format } = useMessages();
  const { points, floor, metric } = performance;
  const lines = useMemo<readonly ChartLine[]>(() => {
    const line = (name: string, read: (point: (typeof points)[number]) => number | null, dashed = false) => ({
      name,
      dashed,
      points: points.map((point, place) => [charts.windows[place]?.start ?? 0, read(point)] as const),
    });
    return [
      line(t('monitor.measured'), (point) => point.value),
      line(t('monitor.estimated'), (point) => point.estimated, true),
      line(t('monitor.referenceLine'), (point) => point.reference, true),
    ].filter((drawn) => drawn.points.some(([, value]) => value !== null));
  }, [points, charts.windows, t]);
  const level = useMemo(
    () => ({ value: floor, label: t(losses.includes(metric) ? 'monitor.ceiling' : 'monitor.floor') }),
    [floor, metric, t],
  );
  return (
    <Panel title={t('monitor.performance')} hint={metricName(metric, t)}>
      <LineChart
        name={t('monitor.performance')}
        lines={lines}
        scale="time"
        formatValue={format.metric}
        level={level}
        height={230}
      />
    </Panel>
  );
}

function Rows({ charts }: { readonly charts: Charts }) {
  const { t, format } = useMessages();
  const bars = useMemo(
    () => ({
      categories: charts.windows.map((window) => format.day(window.start)),
      series: [
        { name: t('word.rows'), values: charts.windows.map((window) => window.rows) },
        { name: t('monitor.labels'), values: charts.windows.map((window) => window.labelledRows) },
      ],
    }),
    [charts.windows, format, t],
  );
  return (
    <Panel title={t('monitor.rows')}>
      <BarChart name={t('monitor.rows')} bars={bars} formatValue={format.integer} />
    </Panel>
  );
}

function Latency({ charts }: { readonly charts: Charts }) {
  const { t, format } = useMessages();
  const { points, limitMs } = charts.latency;
  const lines = useMemo<readonly ChartLine[]>(
    () =>
      (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((quantile) => ({
        name: quantile.slice(0, 3),
        points: points.map((point, place) => [charts.windows[place]?.start ?? 0, point[quantile]] as const),
      })),
    [points, charts.windows],
  );
  const level = useMemo(
    () => (limitMs === null ? undefined : { value: limitMs, label: t('monitor.threshold') }),
    [limitMs, t],
  );
  return (
    <Panel title={t('monitor.latency')}>
      <LineChart
        name={t('monitor.latency')}
        lines={lines}
        scale="time"
        formatValue={format.duration}
        fromZero
        {...(level ? { level } : {})}
      />
    </Panel>
  );
}

function Errors({ charts }: { readonly charts: Charts }) {
  const { t, format } = useMessages();
  const { points, limit } = charts.errors;
  const lines = useMemo<readonly ChartLine[]>(() => {
    const line = (name: string, read: (point: (typeof points)[number]) => number | null) => ({
      name,
      points: points.map((point, place) => [charts.windows[place]?.start ?? 0, read(point)] as const),
    });
    return [
      line(t('endpoint.errors'), (point) => point.share),
      line(t('endpoint.arm.fallback'), (point) => point.fallbackShare),
      line(t('signal.data-quality'), (point) => point.invalidShare),
    ];
  }, [points, charts.windows, t]);
  const level = useMemo(
    () => (limit === null ? undefined : { value: limit, label: t('monitor.threshold') }),
    [limit, t],
  );
  return (
    <Panel title={t('monitor.errors')}>
      <LineChart
        name={t('monitor.errors')}
        lines={lines}
        scale="time"
        formatValue={format.percent}
        fromZero
        {...(level ? { level } : {})}
      />
    </Panel>
  );
}
