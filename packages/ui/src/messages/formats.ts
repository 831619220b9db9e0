/** Numbers, sizes and times in the manner of a language. Times are shown in the zone of the browser. */
export interface Formats {
  /** At most four significant digits after the point where it is small: 0.8123, 12.35, 1,234. */
  number(value: number): string;
  /** As `number`, but with four digits after the point below ten, so that a column of metrics lines up. */
  metric(value: number): string;
  integer(value: number): string;
  /** `value` from 0 to 1. */
  percent(value: number, digits?: number): string;
  money(value: number, currency: string): string;
  bytes(value: number): string;
  /** Milliseconds of a latency or a stretch of time: `0.03 ms`, `8.2 ms`, `4.1 s`, `3 min 20 s`, `2 h 5 min`. */
  duration(milliseconds: number): string;
  /** A stretch in the words of ISO 8601, `P7D`: `7 days`; as it is where it is none. */
  period(text: string): string;
  /** Date and time to the minute. */
  dateTime(at: number): string;
  /** Date and time to the second, with the zone. */
  exactTime(at: number): string;
  date(at: number): string;
  /** Day and month in UTC, for axes of windows, which are aligned to UTC. */
  day(at: number): string;
  /** A window from one moment to another in UTC: days where it is made of whole days. */
  window(from: number, until: number): string;
  time(at: number): string;
  /** `3 minutes ago`, seen from `now`. */
  relative(at: number, now: number): string;
}

export function createFormats(language: string): Formats {
  const integer = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const coarse = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(language, { maximumSignificantDigits: 1 });
  const fixed = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 });
  const scientific = new Intl.NumberFormat(language, { notation: 'scientific', maximumSignificantDigits: 3 });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const exactTime = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  const moments = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });

  return {
    number,
    metric: (value) => {
      const size = Math.abs(value);
      return size === 0 || (size >= 1e-3 && size < 10) ? fixed.format(value) : number(value);
    },
    integer: (value) => integer.format(value),
    percent: (value, digits = 1) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(value),
    money,
    bytes,
    duration,
    period: (text) => periodText(language, text),
    dateTime: (at) => dateTime.format(at),
    exactTime: (at) => exactTime.format(at),
    date: (at) => date.format(at),
    day: (at) => day.format(at),
    window: (from, until) => {
      const isWholeDays = from % 86_400_000 === 0 && until % 86_400_000 === 0;
      return isWholeDays ? days.formatRange(from, until - 1) : `${moments.formatRange(from, until)} UTC`;
    },
    time: (at) => time.format(at),
    relative: (at, now) => {
      const { amount, unit } = ageOf(at - now);
      return relative.format(amount, unit);
    },
  };

  function number(value: number): string {
    if (!Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e12)) return scientific.format(value);
    if (size < 1) return fine.format(value);
    return size < 1000 ? coarse.format(value) : integer.format(value);
  }

  function money(value: number, currency: string): string {
    const size = Math.abs(value);
    const digits =
      size !== 0 && size < 0.1
        ? { maximumSignificantDigits: 2 }
        : { maximumFractionDigits: size < 100 ? 2 : 0 };
    return new Intl.NumberFormat(language, { style: 'currency', currency, ...digits }).format(value);
  }

  function bytes(value: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
    let size = value;
    let place = 0;
    while (Math.abs(size) >= 1024 && place < units.length - 1) {
      size /= 1024;
      place += 1;
    }
    return `${place === 0 ? integer.format(size) : coarse.format(Math.round(size * 10) / 10)} ${units[place]}`;
  }

  function duration(milliseconds: number): string {
    if (milliseconds > 0 && milliseconds < 0.1) return `${small.format(milliseconds)} ms`;
    if (milliseconds < 1000) return `${coarse.format(Math.round(milliseconds * 10) / 10)} ms`;
    const seconds = milliseconds / 1000;
    if (seconds < 60) return `${coarse.format(Math.round(seconds * 10) / 10)} s`;
    const whole = Math.round(seconds);
    if (whole < 3600) return joinUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
    const minutes = Math.round(seconds / 60);
    if (minutes < 1440) return joinUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
    const hours = Math.round(minutes / 60);
    return joinUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
  }

  function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
    const head = `${integer.format(large)} ${largeUnit}`;
    return small === 0 ? head : `${head} ${small} ${smallUnit}`;
  }
}

const periodPattern = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const periodUnits = ['week', 'day', 'hour', 'minute', 'second'] as const;

function periodText(language: string, text: string): string {
  const amounts = periodPattern.exec(text)?.slice(1) ?? [];
  const parts = periodUnits.flatMap((unit, place) => {
    const amount = Number(amounts[place] ?? 0);
    const inWords = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' });
    return amount === 0 ? [] : [inWords.format(amount)];
  });
  return parts.length === 0 ? text : parts.join(' ');
}

function ageOf(difference: number): { amount: number; unit: Intl.RelativeTimeFormatUnit } {
  const seconds = difference / 1000;
  const steps: readonly [Intl.RelativeTimeFormatUnit, number, number][] = [
    ['second', 1, 60],
    ['minute', 60, 3600],
    ['hour', 3600, 86_400],
    ['day', 86_400, 86_400 * 30],
    ['month', 86_400 * 30, 86_400 * 365],
  ];
  for (const [unit, size, limit] of steps) {
    if (Math.abs(seconds) < limit) return { amount: Math.trunc(seconds / size), unit };
  }
  return { amount: Math.trunc(seconds / (86_400 * 365)), unit: 'year' };
}
