import type { RunBatch } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { checkKey, checkLength, cutTo, limits } from './entry-rules.ts';
import { readEntries } from './read-entries.ts';
import { splitTags } from './run-words.ts';

type Metric = NonNullable<RunBatch['metrics']>[number];

const mostMetrics = 1_000;
const mostEntries = 100;
const mostOfAll = 1_000;

/** What a log-batch writes. Throws INVALID_PARAMETER_VALUE. */
export function readBatch(fields: Fields): RunBatch {
  const metrics = readMetrics(fields);
  const params = readEntries(fields, 'params');
  const tags = readEntries(fields, 'tags');
  assertWithin('metrics', mostMetrics, metrics.length);
  assertWithin('params', mostEntries, params.length);
  assertWithin('tags', mostEntries, tags.length);
  assertWithin('metrics, params, and tags', mostOfAll, metrics.length + params.length + tags.length);
  const values = new Map<string, string>();
  for (const [index, { key, value }] of params.entries()) {
    checkKey(key, `params[${index}].key`);
    if (values.has(key)) {
      throw invalidParameter(
        `Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`,
      );
    }
    values.set(key, cutTo(value, limits.paramValue));
  }
  const tagged = new Map<string, string>();
  for (const [index, { key, value }] of tags.entries()) {
    checkKey(key, `tags[${index}].key`);
    tagged.set(key, cutTo(value, limits.tagValue));
  }
  const { words, tags: own } = splitTags(Object.fromEntries(tagged));
  return { ...words, params: Object.fromEntries(values), tags: own, metrics };
}

/** One point of a metric; `keyPath` names its key in the message. Throws INVALID_PARAMETER_VALUE. */
export function readMetric(fields: Fields, keyPath: string): Metric {
  const name = fields.text('key');
  checkKey(name, keyPath);
  const value = fields.number('value');
  const at = fields.integer('timestamp');
  if (at < 0) throw fields.refuse('timestamp', 'Timestamp must be a nonnegative long (64-bit integer)');
  const step = fields.optionalInteger('step') ?? 0;
  const modelId = fields.optionalText('model_id');
  const datasetName = fields.optionalText('dataset_name');
  const datasetDigest = fields.optionalText('dataset_digest');
  checkLength(modelId ?? '', 255, 'model_id');
  checkLength(datasetName ?? '', 500, 'dataset_name');
  checkLength(datasetDigest ?? '', 36, 'dataset_digest');
  return {
    name,
    value,
    at,
    step,
    ...(modelId ? { modelId } : {}),
    ...(datasetName ? { datasetName } : {}),
    ...(datasetDigest ? { datasetDigest } : {}),
  };
}

/** A batch has hundreds of points, nearly all of them plain: those are read without a reader of their own. */
function readMetrics(fields: Fields): readonly Metric[] {
  const raw = fields.raw('metrics');
  if (!Array.isArray(raw)) return fields.messages('metrics').map(readNumbered);
  if (raw.length > mostMetrics) assertWithin('metrics', mostMetrics, raw.length);
  const metrics: Metric[] = [];
  for (const point of raw as unknown[]) {
    const metric = readPlain(point);
    if (metric === undefined) return fields.messages('metrics').map(readNumbered);
    metrics.push(metric);
  }
  return metrics;
}

function readNumbered(fields: Fields, index: number): Metric {
  return readMetric(fields, `metrics[${index}].name`);
}

const plainKey = /^[\w-]+(?:[/. ][\w-]+)*$/;

/** Undefined for whatever needs a second look. */
function readPlain(point: unknown): Metric | undefined {
  if (typeof point !== 'object' || point === null) return undefined;
  // Looked at name by name: what collects the others makes an object for each point.
  for (const name in point) if (!plainFields.has(name)) return undefined;
  const { key, value, timestamp, step = 0 } = point as Record<string, unknown>;
  const isPlain =
    typeof key === 'string' &&
    key.length <= limits.key &&
    plainKey.test(key) &&
    typeof value === 'number' &&
    Number.isSafeInteger(timestamp) &&
    (timestamp as number) >= 0 &&
    Number.isSafeInteger(step);
  if (!isPlain) return undefined;
  return { name: key, value, at: timestamp as number, step: step as number };
}

const plainFields: ReadonlySet<string> = new Set(['key', 'value', 'timestamp', 'step']);

function assertWithin(what: string, most: number, length: number): void {
  if (length <= most) return;
  throw invalidParameter(
    `A batch logging request can contain at most ${most} ${what}. Got ${length} ${what}. Please split up ${what} across multiple requests and try again.`,
  );
}
