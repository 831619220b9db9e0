import type { EChartsCoreOption } from 'echarts/core';
import type { ChartPalette } from './chart-palette.ts';

export type ChartScale = 'time' | 'step';

export interface ChartLine {
  readonly name: string;
  /** `[x, y]` by rising x; null leaves a gap. */
  readonly points: readonly (readonly [number, number | null])[];
  readonly dashed?: boolean;
}

interface LineOptionInput {
  readonly lines: readonly ChartLine[];
  readonly scale: ChartScale;
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
  readonly formatTime: (at: number) => string;
  readonly level?: { readonly value: number; readonly label: string };
  readonly fromZero: boolean;
  readonly area: boolean;
}

/** The ECharts option of a line chart in the manner of the page. */
export function lineOption(input: LineOptionInput): EChartsCoreOption {
  const { lines, scale, palette, formatValue, formatTime, level, fromZero, area } = input;
  const muted = { color: palette.soft, fontSize: 11 };
  return {
    animation: false,
    color: [...palette.series],
    grid: { left: 8, right: 16, top: lines.length > 1 ? 30 : 12, bottom: 6, containLabel: true },
    ...(lines.length > 1
      ? { legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: muted, icon: 'roundRect' } }
      : {}),
    tooltip: {
      trigger: 'axis',
      backgroundColor: palette.panel,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? formatValue(value) : '–'),
      axisPointer: { label: { formatter: axisPointerText } },
    },
    xAxis: {
      type: scale === 'time' ? 'time' : 'value',
      axisLabel: { ...muted, hideOverlap: true },
      axisLine: { lineStyle: { color: palette.line } },
      splitLine: { show: false },
      ...(scale === 'step' ? { min: 'dataMin', max: 'dataMax' } : {}),
    },
    yAxis: {
      type: 'value',
      scale: !fromZero,
      axisLabel: { ...muted, formatter: formatValue },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: lines.map((line, place) => ({
      name: line.name,
      type: 'line',
      data: line.points,
      showSymbol: line.points.length < 30,
      symbolSize: 4,
      lineStyle: { width: 1.6, type: line.dashed ? 'dashed' : 'solid' },
      ...(area ? { areaStyle: { opacity: 0.12 } } : {}),
      ...(level && place === 0 ? { markLine: levelLine(level, palette) } : {}),
    })),
  };

  function axisPointerText(pointed: { readonly value: unknown }): string {
    const value = Number(pointed.value);
    return scale === 'time' ? formatTime(value) : formatValue(value);
  }
}

/** A dashed line across a chart with its name at the end. */
export function levelLine(level: { readonly value: number; readonly label: string }, palette: ChartPalette) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: palette.bad, type: 'dashed', width: 1 },
    label: { formatter: level.label, position: 'insideEndTop', color: palette.bad, fontSize: 11 },
    data: [{ yAxis: level.value }],
  };
}
