import type { ChartPalette } from './chart-palette.ts';

interface BaseInput {
  /** Names for the legend; there is none for a single series. */
  readonly names: readonly string[];
  readonly palette: ChartPalette;
  readonly formatValue: (value: number) => string;
}

/** As many names a tooltip tells at once. */
const mostTold = 12;

/** What every chart of the page has alike: no animation, little margin, a quiet legend, tooltips in its colours. */
export function baseOption({ names, palette, formatValue }: BaseInput) {
  return {
    animation: false,
    color: [...palette.series],
    grid: { left: 8, right: 20, top: names.length > 1 ? 30 : 12, bottom: 6, containLabel: true },
    ...(names.length > 1
      ? {
          legend: {
            type: 'scroll',
            top: 0,
            left: 0,
            itemWidth: 14,
            itemHeight: 8,
            icon: 'roundRect',
            textStyle: { ...axisText(palette), width: 220, overflow: 'truncate' },
            pageTextStyle: axisText(palette),
            pageIconColor: palette.soft,
            pageIconInactiveColor: palette.line,
            data: [...names],
          },
        }
      : {}),
    tooltip: {
      trigger: 'axis',
      backgroundColor: palette.panel,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? formatValue(value) : '–'),
      ...(names.length > mostTold ? { confine: true, formatter: tellGreatest(formatValue) } : {}),
    },
  };
}

interface Told {
  readonly axisValueLabel?: string;
  readonly marker?: string;
  readonly seriesName?: string;
  readonly value: unknown;
}

/** The greatest values at a place, greatest first, and how many more there are. */
function tellGreatest(formatValue: (value: number) => string) {
  return (told: readonly Told[]): HTMLElement => {
    const valued = told.flatMap((line) => {
      const value = Array.isArray(line.value) ? line.value[1] : line.value;
      return typeof value === 'number' ? [{ ...line, value }] : [];
    });
    valued.sort((one, other) => other.value - one.value);
    const box = document.createElement('div');
    box.append(lineOf(told[0]?.axisValueLabel ?? ''));
    for (const { marker = '', seriesName = '', value } of valued.slice(0, mostTold)) {
      const line = lineOf(` ${seriesName} `);
      const mark = document.createElement('span');
      // ECharts makes it of the colour alone.
      mark.innerHTML = marker;
      const number = document.createElement('b');
      number.textContent = formatValue(value);
      line.prepend(mark);
      line.append(number);
      box.append(line);
    }
    if (valued.length > mostTold) box.append(lineOf(`… +${valued.length - mostTold}`));
    return box;
  };
}

function lineOf(text: string): HTMLElement {
  const line = document.createElement('div');
  line.textContent = text;
  return line;
}

export function axisStyle(palette: ChartPalette) {
  return {
    axisLabel: { ...axisText(palette), hideOverlap: true },
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.line } },
  };
}

interface LevelInput {
  readonly level: { readonly value: number; readonly label: string } | undefined;
  readonly palette: ChartPalette;
  /** Greatest value drawn: a level far above it would press everything flat, and is left out. */
  readonly greatest: number;
  /** Places on the horizontal axis between which the level is drawn. */
  readonly points: readonly (number | string)[];
}

/** A level as a dashed line of its own, so that the axis reaches it. */
export function levelSeries({ level, palette, greatest, points }: LevelInput) {
  if (!level || Math.abs(level.value) > 6 * greatest || points.length === 0) return [];
  return [
    {
      name: level.label,
      type: 'line',
      data: points.map((place) => [place, level.value]),
      showSymbol: false,
      silent: true,
      color: palette.bad,
      lineStyle: { color: palette.bad, type: 'dashed', width: 1 },
      markPoint: {
        silent: true,
        symbolSize: 0,
        data: [
          {
            coord: [points.at(0), level.value],
            label: {
              show: true,
              formatter: level.label,
              color: palette.bad,
              fontSize: 11,
              position: 'insideBottomLeft',
              offset: [6, -2],
            },
          },
        ],
      },
    },
  ];
}

function axisText(palette: ChartPalette) {
  return { color: palette.soft, fontSize: 11 };
}
