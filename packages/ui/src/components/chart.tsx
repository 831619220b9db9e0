import { Skeleton } from '@mantine/core';
import { lazy, Suspense, useMemo } from 'react';
import { useMessages } from '../messages/use-messages.tsx';
import { barOption, type ChartBars } from './bar-option.ts';
import { darkPalette, lightPalette } from './chart-palette.ts';
import { type ChartLine, type ChartScale, lineOption } from './line-option.ts';
import { type ParallelAxis, parallelOption } from './parallel-option.ts';
import { type ScatterPoint, scatterOption } from './scatter-option.ts';
import { useDark } from './use-dark.ts';

const ChartCanvas = lazy(async () => ({ default: (await import('./chart-canvas.tsx')).ChartCanvas }));

interface LineChartProps {
  readonly name: string;
  readonly lines: readonly ChartLine[];
  /** What stands on the horizontal axis: moments in ms, or plain numbers. */
  readonly scale: ChartScale;
  readonly height?: number;
  readonly formatValue?: (value: number) => string;
  /** A level drawn across the chart: a threshold, a reference. */
  readonly level?: { readonly value: number; readonly label: string };
  /** Whether the vertical axis begins at zero. */
  readonly fromZero?: boolean;
  readonly area?: boolean;
  /** Whether the vertical axis counts powers of ten. */
  readonly logarithmic?: boolean;
}

/** Lines over time or steps. */
export function LineChart({ name, height = 200, ...content }: LineChartProps) {
  const { t, format } = useMessages();
  const dark = useDark();
  const { lines, scale, formatValue, level, fromZero, area, logarithmic = false } = content;
  const option = useMemo(
    () =>
      lineOption({
        lines,
        scale,
        palette: dark ? darkPalette : lightPalette,
        formatValue: formatValue ?? format.number,
        formatNumber: format.number,
        formatTime: format.dateTime,
        ...(level ? { level } : {}),
        fromZero: fromZero ?? false,
        area: area ?? false,
        logarithmic,
      }),
    [lines, scale, dark, formatValue, format, level, fromZero, area, logarithmic],
  );
  const count = lines.reduce((sum, line) => sum + line.points.length, 0);
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ChartCanvas option={option} height={height} label={t('chart.data', { name, count })} points={count} />
    </Suspense>
  );
}

interface BarChartProps {
  readonly name: string;
  readonly bars: ChartBars;
  readonly height?: number;
  readonly formatValue?: (value: number) => string;
  readonly level?: { readonly value: number; readonly label: string };
}

/** Bars by category, standing or lying. */
export function BarChart({ name, bars, height = 200, formatValue, level }: BarChartProps) {
  const { t, format } = useMessages();
  const dark = useDark();
  const option = useMemo(
    () =>
      barOption({
        bars,
        palette: dark ? darkPalette : lightPalette,
        formatValue: formatValue ?? format.number,
        ...(level ? { level } : {}),
      }),
    [bars, dark, formatValue, format, level],
  );
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ChartCanvas
        option={option}
        height={height}
        label={t('chart.data', { name, count: bars.categories.length })}
        points={bars.categories.length}
      />
    </Suspense>
  );
}

interface ParallelChartProps {
  readonly name: string;
  readonly axes: readonly ParallelAxis[];
  readonly names: readonly string[];
  readonly height?: number;
}

/** One line for each thing, over as many upright axes as it has values. */
export function ParallelChart({ name, axes, names, height = 260 }: ParallelChartProps) {
  const { t, format } = useMessages();
  const dark = useDark();
  const option = useMemo(
    () =>
      parallelOption({ axes, names, palette: dark ? darkPalette : lightPalette, formatValue: format.number }),
    [axes, names, dark, format],
  );
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ChartCanvas
        option={option}
        height={height}
        label={t('chart.data', { name, count: names.length })}
        points={axes.length * names.length}
      />
    </Suspense>
  );
}

interface ScatterChartProps {
  readonly points: readonly ScatterPoint[];
  readonly xName: string;
  readonly yName: string;
  readonly height?: number;
}

/** Points by two values. */
export function ScatterChart({ points, xName, yName, height = 260 }: ScatterChartProps) {
  const { t, format } = useMessages();
  const dark = useDark();
  const option = useMemo(
    () =>
      scatterOption({
        points,
        xName,
        yName,
        palette: dark ? darkPalette : lightPalette,
        formatValue: format.number,
      }),
    [points, xName, yName, dark, format],
  );
  const name = `${yName} – ${xName}`;
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ChartCanvas
        option={option}
        height={height}
        label={t('chart.data', { name, count: points.length })}
        points={points.length}
      />
    </Suspense>
  );
}
