import type { JsonValue, Reference } from '@esteira/contracts';
import { parseDuration } from '../../kernel/duration.ts';

/** What `${{ … }}` in a policy's parameters may speak of. Times in ms; null where there is no such window. */
export interface TemplateValues {
  readonly windowStart: number | null;
  readonly windowEnd: number | null;
  readonly now: number;
  /** The trained model now live; null before the first. */
  readonly liveTrainedModel: Reference | null;
}

export type FilledParameters =
  | { readonly parameters: Readonly<Record<string, JsonValue>> }
  | { readonly parameter: string; readonly problem: string };

/**
 * Fills the parameters of a pipeline. `window.start`, `window.end` and `now`, with `+` or `-` durations behind them, become
 * `2001-04-01`, or `2001-04-01T06:00:00.000Z` where it is not midnight UTC; a text that is nothing but
 * `live.trainedModel` becomes its reference or null.
 */
export function fillParameters(
  parameters: Readonly<Record<string, JsonValue>>,
  values: TemplateValues,
): FilledParameters {
  const filled: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(parameters)) {
    try {
      filled[name] = fillValue(value, values);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      return { parameter: name, problem: error.message };
    }
  }
  return { parameters: filled };
}

class TemplateProblem extends Error {}

function fillValue(value: JsonValue, values: TemplateValues): JsonValue {
  if (typeof value === 'string') return fillText(value, values);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => fillValue(item, values));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(item, values)]));
}

function fillText(text: string, values: TemplateValues): JsonValue {
  const whole = /^\$\{\{\s*live\.trainedModel\s*\}\}$/.exec(text);
  if (whole) return values.liveTrainedModel && { ...values.liveTrainedModel };
  const filled = text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) =>
    writeTime(evaluate(expression.trim(), values)),
  );
  if (filled.includes('${{')) throw new TemplateProblem(`"${text}" is not closed by }}`);
  return filled;
}

function evaluate(expression: string, values: TemplateValues): number {
  const [, name = '', rest = ''] = /^([\w.]+)\s*(.*)$/.exec(expression) ?? [];
  let time = timeNamed(name, values);
  let left = rest;
  while (left !== '') {
    const [term, sign, text = ''] = /^([+-])\s*(P[0-9A-Z.]+)\s*/.exec(left) ?? [];
    const duration = parseDuration(text);
    if (term === undefined || duration === undefined) {
      throw new TemplateProblem(
        `"${left}" is not + or - and a duration of weeks, days, hours and minutes like P30D`,
      );
    }
    time += sign === '+' ? duration : -duration;
    left = left.slice(term.length);
  }
  return time;
}

function timeNamed(name: string, values: TemplateValues): number {
  if (name === 'now') return values.now;
  if (name !== 'window.start' && name !== 'window.end') {
    throw new TemplateProblem(
      `"${name}" is unknown; there are window.start, window.end, now, and live.trainedModel by itself`,
    );
  }
  const time = name === 'window.start' ? values.windowStart : values.windowEnd;
  if (time === null) throw new TemplateProblem(`there is no window, so ${name} has no value`);
  return time;
}

function writeTime(time: number): string {
  const text = new Date(time).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
