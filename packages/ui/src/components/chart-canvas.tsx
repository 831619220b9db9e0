import { BarChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkPointComponent,
  ParallelComponent,
  TooltipComponent,
} from 'echarts/components';
import { type EChartsCoreOption, type EChartsType, init, use } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useMessages } from '../messages/use-messages.tsx';
import { chartLanguage } from './chart-language.ts';

use([
  LineChart,
  BarChart,
  ScatterChart,
  ParallelChart,
  GridComponent,
  ParallelComponent,
  TooltipComponent,
  LegendComponent,
  MarkPointComponent,
  AriaComponent,
  SVGRenderer,
  CanvasRenderer,
]);

interface ChartCanvasProps {
  readonly option: EChartsCoreOption;
  readonly height: number;
  readonly label: string;
  /** How many are drawn. */
  readonly points: number;
}

/** Beyond this many points the browser is slow to lay out and hit what is drawn as elements of the page. */
const mostElements = 5_000;

/** Draws an ECharts option and follows the size of its place. Loaded only where a chart is shown. */
export function ChartCanvas({ option, height, label, points }: ChartCanvasProps) {
  const renderer = points > mostElements ? 'canvas' : 'svg';
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const { language } = useMessages();

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = init(element, null, { renderer, locale: chartLanguage(language) });
    chart.current = drawn;
    const observer = new ResizeObserver(() => drawn.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.dispose();
    };
  }, [language, renderer]);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
    // With another language, or more points, comes another option too.
  }, [option]);

  return <div ref={place} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}
