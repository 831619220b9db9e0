/** When a schedule fires, in UTC: by a cron expression of five fields, or each whole multiple of an interval since 1970. */
export type ScheduleTiming = { readonly cron: string } | { readonly everyMs: number };

/** A field of a cron expression: which values it lets through, and whether it names any. */
interface CronField {
  readonly values: ReadonlySet<number>;
  readonly restricted: boolean;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Any day of any month comes round within the eight years between leap days around a century. */
const searchedDays = 8 * 366;

const fields = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day of month', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12 },
  { name: 'day of week', low: 0, high: 7 },
] as const;

/**
 * The first time after `after` (ms). Cron as POSIX has it, with steps: when both days are named, either lets a day through;
 * 0 and 7 are Sunday. Throws an Error that names the field when the expression cannot be read or never fires.
 */
export function nextFire(timing: ScheduleTiming, after: number): number {
  if ('everyMs' in timing) return (Math.floor(after / timing.everyMs) + 1) * timing.everyMs;
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = parseCron(timing.cron);
  const first = Math.floor(after / minuteMs) * minuteMs + minuteMs;
  for (let day = Math.floor(first / dayMs), last = day + searchedDays; day < last; day++) {
    const date = new Date(day * dayMs);
    if (!months.values.has(date.getUTCMonth() + 1)) continue;
    if (!letsDayThrough(daysOfMonth, daysOfWeek, date)) continue;
    for (const hour of ascending(hours)) {
      for (const minute of ascending(minutes)) {
        const time = day * dayMs + (hour * 60 + minute) * minuteMs;
        if (time >= first) return time;
      }
    }
  }
  throw new Error(`The cron expression "${timing.cron}" names no day that exists.`);
}

function letsDayThrough(ofMonth: CronField, ofWeek: CronField, date: Date): boolean {
  const byMonth = ofMonth.values.has(date.getUTCDate());
  const byWeek = ofWeek.values.has(date.getUTCDay());
  return ofMonth.restricted && ofWeek.restricted ? byMonth || byWeek : byMonth && byWeek;
}

function ascending(field: CronField): readonly number[] {
  return [...field.values].sort((a, b) => a - b);
}

function parseCron(cron: string): readonly [CronField, CronField, CronField, CronField, CronField] {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== fields.length) {
    throw new Error(`The cron expression "${cron}" has ${texts.length} fields; it needs ${fields.length}.`);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.map(({ name, low, high }, at) =>
    parseField(texts[at] ?? '', name, low, high),
  );
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek)
    throw new Error(`"${cron}" is no cron expression.`);
  const sunday = dayOfWeek.values.has(7) ? [...dayOfWeek.values, 0] : dayOfWeek.values;
  return [minute, hour, dayOfMonth, month, { ...dayOfWeek, values: new Set(sunday) }];
}

function parseField(text: string, name: string, low: number, high: number): CronField {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', from, to, step] = /^(\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    const first = range === '*' ? low : Number(from);
    // `5/10` goes on to the end, as `5-59/10`.
    const last = range === '*' || (to === undefined && step !== undefined) ? high : Number(to ?? from);
    const stride = Number(step ?? 1);
    if (range === '' || first < low || last > high || first > last || stride === 0) {
      throw new Error(`"${part}" is no ${name} of a cron expression (${low} to ${high}).`);
    }
    for (let value = first; value <= last; value += stride) values.add(value);
  }
  return { values, restricted: !text.startsWith('*') };
}
