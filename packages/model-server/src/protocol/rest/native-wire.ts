import { inferenceError, invalidRequest } from '../../inference-error.ts';
import { callPlan } from '../call/call-plan.ts';
import { fillColumns } from '../call/fill-columns.ts';
import { isRecord, tableOfRecords } from '../call/table.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { parseJsonBody } from './parse-json.ts';
import { refuseExplanation } from './refuse-explanation.ts';
import { recordsToJson } from './tensor-json.ts';
import { jsonReply, type ModelCall, type Reply, type Wire } from './wire.ts';

/**
 * `POST /predict/<endpoint>` with rows of named columns: `{rows: [{column: value}], entityKeys?, eventTimes?}`. What is null or
 * left out is missing, where the signature allows it. Answers one record of outputs per row, each with its prediction id.
 */
export const nativeWire: Wire = {
  name: 'native',
  routes: [{ kind: 'infer', method: 'POST', path: '/predict/{model}', read, write }],
  refuse: ({ status, code, message, instance }) => jsonReply({ error: message, code, instance }, status),
};

const fields = ['rows', 'entityKeys', 'eventTimes', 'explain'];

function read(body: Buffer, { endpoint, admission }: ModelCall): InferRequest {
  const document = parseJsonBody(body);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  const unknown = Object.keys(document).find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw invalidRequest(`the body has the field ${unknown.slice(0, 40)}; it takes ${fields.join(', ')}`);
  const { rows, entityKeys, eventTimes, explain = false } = document;
  if (typeof explain !== 'boolean') throw invalidRequest('explain is neither true nor false');
  if (explain) {
    if (!admission.may('explain'))
      throw inferenceError('INFERENCE_NOT_PERMITTED', { path: 'for explanations', permission: 'explain' });
    refuseExplanation({ endpoint });
  }
  if (!Array.isArray(rows)) throw invalidRequest('rows is not a list of objects');
  for (const [name, values] of Object.entries({ entityKeys, eventTimes })) {
    if (values === undefined) continue;
    if (!Array.isArray(values) || values.length !== rows.length)
      throw invalidRequest(`${name} is not a list with one element per row`);
  }
  return {
    inputs: fillColumns(callPlan(endpoint), tableOfRecords(rows)),
    parameters: {
      ...(entityKeys === undefined ? {} : { entity_key: entityKeys }),
      ...(eventTimes === undefined ? {} : { event_time: eventTimes }),
    },
    binaryOutputs: false,
  };
}

function write(answer: InferAnswer): Reply {
  const { prediction_id: id, arm, ...fallback } = answer.parameters;
  const rows = answer.outputs[0]?.shape[0] ?? 0;
  const ids = Array.from({ length: rows }, (_, row) => `${String(id)}-${row}`);
  const about = JSON.stringify({
    model: answer.model,
    ...(answer.version === undefined ? {} : { version: answer.version }),
    arm,
    ...fallback,
    predictionIds: ids,
  });
  const body = `${about.slice(0, -1)},"predictions":${recordsToJson(answer.outputs)}}`;
  return { status: 200, type: 'application/json', body };
}
