import type { EChartsCoreOption } from 'echarts/core';
import { axisStyle, baseOption, levelSeries } from './chart-option.ts';
import type { ChartPalette } from './chart-palette.ts';
import { type ChartLevel, greatestOf } from './line-option.ts';

interface BarSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface ChartBars {
  readonly categories: readonly string[];
  readonly series: readonly BarSeries[];
  /** Drawn over standing bars as lines: what they are to be compared with. */
  readonly lines?: readonly BarSeries[];
  /** Categories from top to bottom, bars to the right: for long names. */
  readonly lying?: boolean;
  /** Categories whose bar is coloured as bad news. */
  readonly marked?: readonly boolean[];
}

interface BarOptionInput {
  readonly bars: ChartBars;
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
  readonly level?: ChartLevel;
}

/** The ECharts option of a bar chart in the manner of the page. */
export function barOption({ bars, palette, formatValue, level }: BarOptionInput): EChartsCoreOption {
  const { categories, series, lines = [], lying = false, marked } = bars;
  const style = axisStyle(palette);
  const base = baseOption({ names: [...series, ...lines].map(({ name }) => name), palette, formatValue });
  const categoryAxis = {
    ...style,
    type: 'category',
    data: [...categories],
    inverse: lying,
    axisLabel: { ...style.axisLabel, ...(lying ? { width: 150, overflow: 'truncate' } : {}) },
  };
  const valueAxis = {
    ...style,
    type: 'value',
    axisLabel: { ...style.axisLabel, formatter: formatValue },
  };
  return {
    ...base,
    tooltip: { ...base.tooltip, axisPointer: { type: 'shadow' } },
    xAxis: lying ? valueAxis : categoryAxis,
    yAxis: lying ? categoryAxis : valueAxis,
    series: [
      ...series.map(({ name, values }) => ({
        name,
        type: 'bar',
        barMaxWidth: 22,
        data: values.map((value, index) =>
          marked?.[index] ? { value, itemStyle: { color: palette.bad } } : value,
        ),
      })),
      ...lines.map(({ name, values }) => ({
        name,
        type: 'line',
        data: [...values],
        step: 'middle',
        showSymbol: false,
        lineStyle: { width: 1.4 },
      })),
      ...levelSeries({
        level: lying ? undefined : level,
        palette,
        greatest: greatestOf(series.flatMap(({ values }) => values)),
        points: categories,
      }),
    ],
  };
}
