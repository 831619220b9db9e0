import type { EChartsCoreOption } from 'echarts/core';
import { axisStyle, baseOption } from './chart-option.ts';
import type { ChartPalette } from './chart-palette.ts';

export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

interface ScatterOptionInput {
  readonly points: readonly ScatterPoint[];
  readonly xName: string;
  readonly yName: string;
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
}

/** The ECharts option of a scatter chart; every point is a series, so that it keeps the colour of its run. */
export function scatterOption(input: ScatterOptionInput): EChartsCoreOption {
  const { points, xName, yName, palette, formatValue } = input;
  const style = axisStyle(palette);
  const base = baseOption({ names: points.map(({ name }) => name), palette, formatValue });
  const axis = (name: string, nameGap: number) => ({
    ...style,
    type: 'value',
    scale: true,
    name,
    nameLocation: 'middle',
    nameGap,
    nameTextStyle: { color: palette.soft, fontSize: 11 },
    axisLabel: { ...style.axisLabel, formatter: formatValue },
  });
  return {
    ...base,
    grid: { ...base.grid, left: 40, bottom: 26 },
    tooltip: { ...base.tooltip, trigger: 'item' },
    xAxis: axis(xName, 26),
    yAxis: axis(yName, 56),
    series: points.map(({ name, x, y }) => ({ name, type: 'scatter', symbolSize: 10, data: [[x, y]] })),
  };
}
