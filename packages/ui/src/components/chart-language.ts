import { registerLocale } from 'echarts/core';

type ChartWords = Parameters<typeof registerLocale>[1];

/** Has charts write months and days of a language as the browser does; the name by which a chart is given it. */
export function chartLanguage(language: string): string {
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2026, month, 15)));
  // The first of February 2026 was a Sunday.
  const days = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2026, 1, 1 + day)));
  const words = (dates: readonly Date[], style: Intl.DateTimeFormatOptions): string[] => {
    const format = new Intl.DateTimeFormat(language, { ...style, timeZone: 'UTC' });
    return dates.map((date) => format.format(date));
  };
  const time: ChartWords['time'] = {
    month: words(months, { month: 'long' }),
    monthAbbr: words(months, { month: 'short' }),
    dayOfWeek: words(days, { weekday: 'long' }),
    dayOfWeekAbbr: words(days, { weekday: 'short' }),
  };
  // What is not given is taken from English, of which nothing else is shown.
  registerLocale(language, { time } as ChartWords);
  return language;
}
