import type { InferAnswer, InferRequest } from '../../infer-request.ts';
import { rowWidth, type Tensor } from '../../tensor.ts';
import { answerHeaders } from '../answer-headers.ts';
import { writePredictions } from '../mlflow/write-predictions.ts';
import { recordToJson, rowToJson } from '../tensor-json.ts';
import type { ModelCall, Reply } from '../wire.ts';

/** Writes an answer as it was asked for: `{"predictions": …}`, a line of JSON for each row, or a line of CSV without a header. */
export function writeInvocation(answer: InferAnswer, request: InferRequest, call: ModelCall): Reply {
  const { form } = request;
  if (form !== 'jsonlines' && form !== 'csv')
    return writePredictions(answer, form === 'json' ? { ...request, form: 'records' } : request, call);
  const toLine = form === 'csv' ? csvLine : jsonLine;
  let body = '';
  for (let row = 0; row < (answer.outputs[0]?.shape[0] ?? 0); row++)
    body += `${toLine(answer.outputs, row)}\n`;
  const type = form === 'csv' ? 'text/csv' : 'application/jsonlines';
  return { status: 200, type, body, headers: answerHeaders(answer) };
}

function jsonLine(outputs: readonly Tensor[], row: number): string {
  const [only, second] = outputs;
  return only !== undefined && second === undefined ? rowToJson(only, row) : recordToJson(outputs, row);
}

/** Every value of the row, output after output; texts are quoted. */
function csvLine(outputs: readonly Tensor[], row: number): string {
  const cells: string[] = [];
  for (const output of outputs) {
    const width = rowWidth(output);
    for (let place = row * width; place < (row + 1) * width; place++) {
      const value = output.data[place] ?? '';
      cells.push(typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value));
    }
  }
  return cells.join(',');
}
