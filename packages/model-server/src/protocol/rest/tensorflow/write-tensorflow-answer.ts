import { inferenceError } from '../../../inference-error.ts';
import type { InferAnswer, InferRequest } from '../../infer-request.ts';
import type { Tensor } from '../../tensor.ts';
import { answerHeaders } from '../answer-headers.ts';
import { exactRowToJson, recordsToJson, tensorToJson } from '../tensor-json.ts';
import type { ModelCall, Reply } from '../wire.ts';

/** `{"predictions": …}` per row or `{"outputs": …}` per tensor; an only output comes without its name. */
export function writePrediction(answer: InferAnswer, request: InferRequest): Reply {
  return reply(
    answer,
    request.form === 'row'
      ? `"predictions":${rowsOf(answer.outputs)}`
      : `"outputs":${columnsOf(answer.outputs)}`,
  );
}

/** A list of pairs of label and score for each example: the classes in the order of the scores' columns. */
export function writeClassification(answer: InferAnswer, _request: InferRequest, call: ModelCall): Reply {
  const { scores, classes } = scoresOf(answer, call);
  const width = scores.shape.length < 2 ? 1 : (scores.shape[1] ?? 1);
  const results: string[] = [];
  for (let row = 0; row < (scores.shape[0] ?? 0); row++) {
    const pairs: string[] = [];
    for (let column = 0; column < width; column++) {
      const label = width === 1 ? (classes[1] ?? 1) : (classes[column] ?? column);
      pairs.push(`[${JSON.stringify(String(label))},${toToken(scores.data[row * width + column])}]`);
    }
    results.push(`[${pairs.join(',')}]`);
  }
  return reply(answer, `"results":[${results.join(',')}]`);
}

/** The value of each example. */
export function writeRegression(answer: InferAnswer, _request: InferRequest, call: ModelCall): Reply {
  const { scores, column } = scoresOf(answer, call);
  const rows = scores.shape[0] ?? 0;
  const width = rows === 0 ? 1 : scores.data.length / rows;
  const values = Array.from({ length: rows }, (_, row) => toToken(scores.data[row * width + column]));
  return reply(answer, `"results":[${values.join(',')}]`);
}

function rowsOf(outputs: readonly Tensor[]): string {
  const [only, second] = outputs;
  const exact = (output: Tensor, row: number): string => exactRowToJson(output, row, 'token');
  if (only === undefined || second !== undefined) return recordsToJson(outputs, exact);
  return `[${Array.from({ length: only.shape[0] ?? 0 }, (_, row) => exact(only, row)).join(',')}]`;
}

function columnsOf(outputs: readonly Tensor[]): string {
  const [only, second] = outputs;
  if (only !== undefined && second === undefined) return tensorToJson(only, 'token');
  return `{${outputs.map((output) => `${JSON.stringify(output.name)}:${tensorToJson(output, 'token')}`).join(',')}}`;
}

function scoresOf({ outputs }: InferAnswer, { endpoint }: ModelCall) {
  const signature = endpoint.reading?.signature;
  const scores = outputs.find((output) => output.name === signature?.score.output);
  if (signature === undefined || scores === undefined)
    throw inferenceError('MODEL_FAILED', { model: endpoint.document.name });
  return { scores, column: signature.score.column, classes: signature.classes };
}

/** TF Serving writes NaN and infinity as bare tokens, and takes them so. */
function toToken(value: number | bigint | string | undefined): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value ?? 'NaN');
}

function reply(answer: InferAnswer, content: string): Reply {
  return { status: 200, type: 'application/json', body: `{${content}}`, headers: answerHeaders(answer) };
}
