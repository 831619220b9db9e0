import { callPlan } from '../../call/call-plan.ts';
import type { InferAnswer, InferRequest } from '../../infer-request.ts';
import { answerHeaders } from '../answer-headers.ts';
import { recordsToJson, rowToJson, tensorToJson } from '../tensor-json.ts';
import type { ModelCall, Reply } from '../wire.ts';

/** Writes `{"predictions": …}`: tables as records, tensors as lists by output, one output without a name as its values, the document of an agent as it is. */
export function writePredictions(answer: InferAnswer, request: InferRequest, { endpoint }: ModelCall): Reply {
  const { form = 'records' } = request;
  const predictions = form.endsWith('document')
    ? String(answer.outputs[0]?.data[0])
    : writeOutputs(answer, form.endsWith('records'), callPlan(endpoint).gives?.bare === true);
  const body = form.startsWith('unwrapped') ? predictions : `{"predictions":${predictions}}`;
  return { status: 200, type: 'application/json', body, headers: answerHeaders(answer) };
}

function writeOutputs({ outputs }: InferAnswer, table: boolean, bare: boolean): string {
  const [only] = outputs;
  if (bare && only !== undefined) {
    if (!table) return tensorToJson(only);
    let rows = '';
    for (let row = 0; row < (only.shape[0] ?? 0); row++)
      rows += `${row === 0 ? '' : ','}${rowToJson(only, row)}`;
    return `[${rows}]`;
  }
  if (table) return recordsToJson(outputs);
  return `{${outputs.map((output) => `${JSON.stringify(output.name)}:${tensorToJson(output)}`).join(',')}}`;
}
