import { inferenceError, invalidRequest } from '../../inference-error.ts';
import { callPlan } from '../call/call-plan.ts';
import { fillColumns } from '../call/fill-columns.ts';
import { isRecord, tableOfRecords } from '../call/table.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { parseJsonBody } from './parse-json.ts';
import { readEntities } from './read-entities.ts';
import { refuseExplanation } from './refuse-explanation.ts';
import { recordsToJson } from './tensor-json.ts';
import { jsonReply, type ModelCall, type Reply, type Wire } from './wire.ts';

/**
 * `POST /predict/<endpoint>` with rows of named columns: `{rows: [{column: value}], entityKeys?, eventTimes?}`. What is null or
 * left out is missing, where the signature allows it. With `entities: [{key: value}]` the columns are read from the feature
 * store, and the answer says of each where it came from and how old it is. Answers one record of outputs per row, each with its prediction id.
 */
export const nativeWire: Wire = {
  name: 'native',
  routes: [{ kind: 'infer', method: 'POST', path: '/predict/{model}', read, write }],
  refuse: ({ status, code, message, instance }) => jsonReply({ error: message, code, instance }, status),
};

const fields = ['rows', 'entities', 'entityKeys', 'eventTimes', 'explain'];

function read(body: Buffer, call: ModelCall): InferRequest | Promise<InferRequest> {
  const { endpoint, admission } = call;
  const document = parseJsonBody(body);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  const unknown = Object.keys(document).find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw invalidRequest(`the body has the field ${unknown.slice(0, 40)}; it takes ${fields.join(', ')}`);
  const { rows, entities, entityKeys, eventTimes, explain = false } = document;
  if (typeof explain !== 'boolean') throw invalidRequest('explain is neither true nor false');
  if (explain) {
    if (!admission.may('explain'))
      throw inferenceError('INFERENCE_NOT_PERMITTED', { path: 'for explanations', permission: 'explain' });
    refuseExplanation({ endpoint });
  }
  const named = entities === undefined ? rows : entities;
  if (!Array.isArray(named))
    throw invalidRequest(`${entities === undefined ? 'rows' : 'entities'} is not a list of objects`);
  for (const [name, values] of Object.entries({ entityKeys, eventTimes })) {
    if (values === undefined) continue;
    if (!Array.isArray(values) || values.length !== named.length)
      throw invalidRequest(`${name} is not a list with one element per row`);
  }
  const parameters = {
    ...(entityKeys === undefined ? {} : { entity_key: entityKeys }),
    ...(eventTimes === undefined ? {} : { event_time: eventTimes }),
  };
  if (entities !== undefined) return readEntities({ entities, rows }, parameters, call);
  return {
    inputs: fillColumns(callPlan(endpoint), tableOfRecords(named)),
    parameters,
    binaryOutputs: false,
  };
}

function write(answer: InferAnswer, request: InferRequest): Reply {
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
  const features = request.online === undefined ? '' : `"features":[${request.online.join(',')}],`;
  const body = `${about.slice(0, -1)},${features}"predictions":${recordsToJson(answer.outputs)}}`;
  return { status: 200, type: 'application/json', body };
}
