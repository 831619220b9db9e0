import type { EChartsCoreOption } from 'echarts/core';
import { axisStyle, baseOption, levelSeries } from './chart-option.ts';
import type { ChartPalette } from './chart-palette.ts';

/** Moments in ms, whole steps, or any numbers. */
export type ChartScale = 'time' | 'step' | 'value';

export interface ChartLine {
  readonly name: string;
  /** `[x, y]` by rising x; null leaves a gap. */
  readonly points: readonly (readonly [number, number | null])[];
  readonly dashed?: boolean;
}

export interface ChartLevel {
  readonly value: number;
  readonly label: string;
}

interface LineOptionInput {
  readonly lines: readonly ChartLine[];
  readonly scale: ChartScale;
  readonly palette: ChartPalette;
  /** Of the vertical axis. */
  readonly formatValue: (value: number) => string;
  /** Of a horizontal axis that is not of time. */
  readonly formatNumber: (value: number) => string;
  readonly formatTime: (at: number) => string;
  readonly level?: ChartLevel;
  readonly fromZero: boolean;
  /** The vertical axis counts powers of ten. */
  readonly logarithmic?: boolean;
  readonly area: boolean;
}

/** More than this are a crowd: thinner, and still under the pointer. */
const manyLines = 12;

/** The ECharts option of a line chart in the manner of the page. */
export function lineOption(input: LineOptionInput): EChartsCoreOption {
  const { lines, scale, palette, formatValue, formatNumber, formatTime, level, fromZero, area, logarithmic } =
    input;
  const style = axisStyle(palette);
  const base = baseOption({ names: lines.map((line) => line.name), palette, formatValue });
  // Where the axis of any numbers begins and ends, they are seldom round.
  const numberLabel = () => ({
    ...style.axisLabel,
    formatter: formatNumber,
    ...(scale === 'value' ? { showMinLabel: false, showMaxLabel: false } : {}),
  });
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      axisPointer: {
        label: {
          formatter: ({ value }: { readonly value: unknown }) =>
            scale === 'time' ? formatTime(Number(value)) : formatValue(Number(value)),
        },
      },
    },
    xAxis: {
      ...style,
      type: scale === 'time' ? 'time' : 'value',
      splitLine: { show: false },
      ...(scale === 'time' ? timeSpan(lines) : { min: 'dataMin', max: 'dataMax' }),
      ...(scale === 'step' ? { minInterval: 1 } : {}),
      ...(scale === 'time' ? {} : { axisLabel: numberLabel() }),
    },
    yAxis: {
      ...style,
      type: logarithmic ? 'log' : 'value',
      scale: !fromZero,
      axisLabel: { ...style.axisLabel, formatter: formatValue },
    },
    series: [
      ...lines.map((line) => ({
        name: line.name,
        type: 'line',
        data: line.points,
        showSymbol: line.points.length < 30,
        symbolSize: 4,
        lineStyle: { width: lines.length > manyLines ? 1 : 1.6, type: line.dashed ? 'dashed' : 'solid' },
        // Under the pointer every line would be drawn anew.
        ...(lines.length > manyLines ? { emphasis: { disabled: true } } : {}),
        ...(area ? { areaStyle: { opacity: 0.12 } } : {}),
      })),
      ...levelSeries({
        level,
        palette,
        greatest: greatestOf(lines.flatMap((line) => line.points.map(([, value]) => value))),
        points: endsOf(lines),
      }),
    ],
  };
}

/** Around one moment alone the axis would span a day. */
function timeSpan(lines: readonly ChartLine[]) {
  const [first, last] = endsOf(lines);
  if (first === undefined || first !== last) return { minInterval: 60_000 };
  return { minInterval: 60_000, min: first - 1_800_000, max: first + 1_800_000 };
}

function endsOf(lines: readonly ChartLine[]): readonly number[] {
  const places = lines.flatMap((line) => line.points.map(([x]) => x));
  return places.length === 0 ? [] : [Math.min(...places), Math.max(...places)];
}

/** The greatest size among values; 0 where there are none. */
export function greatestOf(values: readonly (number | null)[]): number {
  let greatest = 0;
  for (const value of values) greatest = Math.max(greatest, Math.abs(value ?? 0));
  return greatest;
}
