import type { ModelSignature, SpooledPrediction } from '@esteira/contracts';
import type { FeatureBatch } from '../engine/feature-batch.ts';
import { numberAt, rowWidth, type Tensor } from '../protocol/tensor.ts';
import { float32Text } from './float32-text.ts';
import type { LineBuffer } from './line-buffer.ts';

/** What one answer of one arm leaves in the log. Arrays have one element per row of the request part. */
export interface LoggedAnswer {
  /** Number of the first row among the endpoint's rows. */
  readonly first: number;
  readonly predictionId: string;
  readonly requestId: string | null;
  readonly boot: string;
  readonly at: number;
  readonly endpoint: string;
  readonly revision: number;
  readonly arm: SpooledPrediction['a'];
  readonly modelVersionId: string | null;
  readonly status: SpooledPrediction['st'];
  readonly code: string | null;
  readonly latencyMs: number;
  /** Row numbers of the request that this part holds. */
  readonly rows: ArrayLike<number>;
  readonly entityKey: (row: number) => string | null;
  /** The key that decided the arm; null when the caller chose the version. */
  readonly unit: (row: number) => string | null;
  readonly eventTime: (row: number) => number | null;
  /** By row of the request, as JSON: where online features came from. */
  readonly online?: readonly string[] | undefined;
  /** The model was not asked. */
  readonly cached?: boolean;
  /** Of an answer that came to its end. */
  readonly pieces?: number;
  readonly features: {
    readonly of: string;
    readonly signature: ModelSignature;
    readonly batch: FeatureBatch;
  } | null;
  readonly scores: readonly number[] | null;
  readonly labels: readonly (number | string)[] | null;
}

/** Writes one JSON line per row, each with its line end, in the shape of `SpooledPrediction`. */
export function writePredictionLines(lines: LineBuffer, answer: LoggedAnswer): void {
  const head =
    `,"b":"${answer.boot}","at":${answer.at},"e":${quoted(answer.endpoint)},"r":${answer.revision},"a":"${answer.arm}"` +
    `,"m":${quoted(answer.modelVersionId)},"s":${quoted(answer.features?.of ?? null)},"l":${round(answer.latencyMs)}` +
    `,"st":"${answer.status}","c":${text(answer.code)},"q":${text(answer.requestId)}`;
  const writeNumbers = answer.features === null ? undefined : writerOfRows(lines, answer.features);
  // What is not written yet: many small texts take longer than a large one.
  let open = '';
  for (let position = 0; position < answer.rows.length; position++) {
    const row = answer.rows[position] ?? 0;
    const label = answer.labels?.[position] ?? null;
    const before =
      `{"n":${answer.first + position},"p":"${answer.predictionId}-${row}","i":${row}${head},"et":${answer.eventTime(row) ?? 'null'}` +
      `,"k":${text(answer.entityKey(row))},"u":${unitText(answer, row)},"y":${typeof label === 'string' ? text(label) : (label ?? 'null')}` +
      `,"v":${number(answer.scores?.[position])},`;
    const after = `${rareFields(answer, position, row)}}\n`;
    if (writeNumbers === undefined) open += before + featureFields(answer.features, position) + after;
    else {
      lines.text(`${open}${before}"x":[`);
      writeNumbers(position);
      open = `],"t":[]${after}`;
    }
  }
  lines.text(open);
}

/** What few rows have. */
function rareFields(answer: LoggedAnswer, position: number, row: number): string {
  const online = answer.online?.[row];
  const { pieces, cached } = answer;
  return `${handledField(answer.features, position)}${online === undefined ? '' : `,"o":${online}`}${pieces === undefined ? '' : `,"pc":${pieces}`}${cached === true ? ',"ca":true' : ''}`;
}

/** What policies did to the row; nothing where there are none. */
function handledField(features: LoggedAnswer['features'], position: number): string {
  const handled = features?.batch.handled?.get(position);
  return handled === undefined ? '' : `,"h":${JSON.stringify(handled)}`;
}

/** Numbers and texts in the order of the signature's features. */
function featureFields(features: LoggedAnswer['features'], position: number): string {
  if (features === null) return '"x":null,"t":null';
  const { signature, batch } = features;
  let numbers = '';
  let texts = '';
  for (const feature of signature.features) {
    const tensor = batch.feeds.get(feature.input);
    const at = tensor === undefined ? 0 : position * rowWidth(tensor) + feature.index;
    if (feature.type === 'number') numbers += `${tensor === undefined ? 'null' : element(tensor, at)},`;
    else texts += `${tensor?.datatype === 'BYTES' ? text(tensor.data[at] ?? null) : 'null'},`;
  }
  return `"x":[${numbers.slice(0, -1)}],"t":[${texts.slice(0, -1)}]`;
}

/**
 * Writes the numbers of one row at once, where the log wants all numbers of the only input in their order: as they were sent,
 * or from the array of the tensor.
 */
function writerOfRows(
  lines: LineBuffer,
  { signature, batch }: NonNullable<LoggedAnswer['features']>,
): ((row: number) => void) | undefined {
  const [first] = signature.features;
  if (first === undefined || batch.feeds.size !== 1) return undefined;
  const tensor = batch.feeds.get(first.input);
  if (tensor === undefined || rowWidth(tensor) !== signature.features.length || !isInOrder(signature))
    return undefined;
  const { rowsAsJson: sent } = tensor;
  if (sent !== undefined) return (row) => lines.bytes(sent.bytes, sent.starts[row] ?? 0, sent.ends[row] ?? 0);
  if (tensor.datatype !== 'FP32') return undefined;
  const { data } = tensor;
  const width = signature.features.length;
  return (row) => lines.floats(data, row * width, (row + 1) * width);
}

const inOrder = new WeakMap<ModelSignature, boolean>();

/** Whether the features are the numbers of one input, one after the other. */
function isInOrder(signature: ModelSignature): boolean {
  let known = inOrder.get(signature);
  if (known === undefined) {
    known = signature.features.every(
      (feature, place) => feature.type === 'number' && feature.index === place,
    );
    inOrder.set(signature, known);
  }
  return known;
}

function element(tensor: Tensor, at: number): string {
  const value = numberAt(tensor, at);
  return tensor.datatype === 'FP32' ? float32Text(value) : number(value);
}

function number(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? 'null' : String(value);
}

/** Without a key of its own a row stands under the id of its prediction, which has nothing to escape. */
function unitText({ unit, predictionId }: LoggedAnswer, row: number): string {
  const given = unit(row);
  return given === predictionId ? `"${predictionId}"` : text(given);
}

const remembered = 256;
const quotes = new Map<string, string>();

/** Of names, which are few and come again with every answer. */
function quoted(name: string | null): string {
  if (name === null) return 'null';
  const known = quotes.get(name);
  if (known !== undefined) return known;
  if (quotes.size >= remembered) quotes.clear();
  const text = JSON.stringify(name);
  quotes.set(name, text);
  return text;
}

function text(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value);
}

/** Microseconds are as fine as a latency here is true. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
