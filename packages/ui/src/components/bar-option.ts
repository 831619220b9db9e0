import type { EChartsCoreOption } from 'echarts/core';
import type { ChartPalette } from './chart-palette.ts';
import { levelLine } from './line-option.ts';

export interface ChartBars {
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** Categories from top to bottom, bars to the right: for long names. */
  readonly lying?: boolean;
  /** Categories whose bar is coloured as bad news. */
  readonly marked?: readonly boolean[];
}

interface BarOptionInput {
  readonly bars: ChartBars;
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
  readonly level?: { readonly value: number; readonly label: string };
}

/** The ECharts option of a bar chart in the manner of the page. */
export function barOption({ bars, palette, formatValue, level }: BarOptionInput): EChartsCoreOption {
  const muted = { color: palette.soft, fontSize: 11 };
  const categoryAxis = {
    type: 'category',
    data: [...bars.categories],
    inverse: bars.lying ?? false,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: { ...muted, ...(bars.lying ? { width: 150, overflow: 'truncate' } : { hideOverlap: true }) },
  };
  const valueAxis = {
    type: 'value',
    axisLabel: { ...muted, formatter: formatValue, hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line } },
  };
  return {
    animation: false,
    color: [...palette.series],
    grid: { left: 8, right: 16, top: bars.series.length > 1 ? 30 : 12, bottom: 6, containLabel: true },
    ...(bars.series.length > 1
      ? { legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: muted, icon: 'roundRect' } }
      : {}),
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      backgroundColor: palette.panel,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? formatValue(value) : '–'),
    },
    xAxis: bars.lying ? valueAxis : categoryAxis,
    yAxis: bars.lying ? categoryAxis : valueAxis,
    series: bars.series.map((series, place) => ({
      name: series.name,
      type: 'bar',
      barMaxWidth: 22,
      data: series.values.map((value, index) =>
        bars.marked?.[index] ? { value, itemStyle: { color: palette.bad } } : value,
      ),
      ...(level && place === 0 && !bars.lying ? { markLine: levelLine(level, palette) } : {}),
    })),
  };
}
