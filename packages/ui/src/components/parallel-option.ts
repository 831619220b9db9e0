import type { EChartsCoreOption } from 'echarts/core';
import type { ChartPalette } from './chart-palette.ts';

/** An upright axis: numbers, or names in the order they are met. */
export interface ParallelAxis {
  readonly name: string;
  readonly values: readonly (number | string | null)[];
}

interface ParallelOptionInput {
  readonly axes: readonly ParallelAxis[];
  /** One line each, in the order of the values. */
  readonly names: readonly string[];
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
}

/** The ECharts option of parallel coordinates; the last axis colours the lines where it holds numbers. */
export function parallelOption({
  axes,
  names,
  palette,
  formatValue,
}: ParallelOptionInput): EChartsCoreOption {
  const drawn = axes.map((axis) => ({ ...axis, isNumeric: isNumeric(axis.values) }));
  const label = { color: palette.soft, fontSize: 11 };
  return {
    animation: false,
    parallel: { left: 60, right: 60, top: 34, bottom: 12 },
    parallelAxis: drawn.map(({ name, values, isNumeric: numeric }, dim) => ({
      dim,
      name,
      nameTextStyle: { ...label, width: 80, overflow: 'truncate' },
      axisLine: { lineStyle: { color: palette.line } },
      axisLabel: {
        ...label,
        ...(numeric ? { formatter: formatValue } : { width: 70, overflow: 'truncate' }),
      },
      ...(numeric ? { type: 'value', scale: true } : { type: 'category', data: namesOf(values) }),
    })),
    series: names.map((name, row) => ({
      name,
      type: 'parallel',
      lineStyle: { color: palette.series[row % palette.series.length], width: 1.6, opacity: 0.8 },
      data: [drawn.map(({ values, isNumeric: numeric }) => placeOf(values[row] ?? null, numeric))],
    })),
    tooltip: {
      backgroundColor: palette.panel,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      formatter: ({ seriesName }: { readonly seriesName?: string }) => escapeHtml(seriesName ?? ''),
    },
  };
}

function isNumeric(values: readonly (number | string | null)[]): boolean {
  return values.every((value) => value === null || typeof value === 'number');
}

function namesOf(values: readonly (number | string | null)[]): readonly string[] {
  return [...new Set(values.map((value) => (value === null ? '–' : String(value))))];
}

// A line leaves out the axis on which it has no number; ECharts writes that as a dash.
function placeOf(value: number | string | null, numeric: boolean): number | string {
  if (numeric) return typeof value === 'number' && Number.isFinite(value) ? value : '-';
  return value === null ? '–' : String(value);
}

/** Names of runs are somebody else's words, and tooltips are HTML. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
