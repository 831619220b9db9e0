import { invalidRequest } from '../../inference-error.ts';
import { callPlan } from '../call/call-plan.ts';
import { fillColumns } from '../call/fill-columns.ts';
import { readInputs, readInstances } from '../call/read-batch.ts';
import { isRecord, tableOfRecords } from '../call/table.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { answerHeaders } from './answer-headers.ts';
import { parseJsonBody } from './parse-json.ts';
import { refuseExplanation } from './refuse-explanation.ts';
import { recordsToJson, rowToJson } from './tensor-json.ts';
import { jsonReply, type ModelCall, type Reply, type Wire, type WireRoute } from './wire.ts';

/**
 * The inference API of TorchServe, with JSON bodies; a version is a segment of its own. Errors are `{code, type, message}`.
 * `/ping` and `/v1/models/{model}:predict`, which it has too, are on other wires.
 */
export const torchserveWire: Wire = {
  name: 'torchserve',
  routes: [...ofModel('{model}'), ...ofModel('{model}/{version}')],
  refuse: ({ status, message }) => jsonReply({ code: status, type: typeOf(status), message }, status),
};

function ofModel(name: string): readonly WireRoute[] {
  return [
    { kind: 'infer', method: 'POST', path: `/predictions/${name}`, read, write },
    {
      kind: 'model',
      method: 'POST',
      path: `/explanations/${name}`,
      needs: 'explain',
      answer: refuseExplanation,
    },
  ];
}

/** One row as an object of columns or a list of the only input's values, several in a list, or in `instances` or `inputs`. */
function read(body: Buffer, { endpoint }: ModelCall): InferRequest {
  const plan = callPlan(endpoint);
  const document = parseJsonBody(body);
  const request = (inputs: InferRequest['inputs'], form: string): InferRequest => ({
    inputs,
    parameters: {},
    binaryOutputs: false,
    form,
  });
  if (Array.isArray(document)) {
    const [first] = document;
    const row = !Array.isArray(first) && !isRecord(first);
    return request(readInstances(plan, row ? [document] : document), row ? 'one' : 'many');
  }
  if (!isRecord(document)) throw invalidRequest('the body is neither an object nor a list');
  if (document.instances !== undefined) return request(readInstances(plan, document.instances), 'many');
  if (document.inputs !== undefined) return request(readInputs(plan, document.inputs), 'many');
  if (plan.takes.kind === 'tensors') return request(readInputs(plan, document), 'many');
  return request(fillColumns(plan, tableOfRecords([document])), 'one');
}

/** A row is its outputs by name, or its only one. */
function write(answer: InferAnswer, request: InferRequest): Reply {
  const { outputs } = answer;
  const [only, second] = outputs;
  const rows = Array.from({ length: only?.shape[0] ?? 0 }, (_, row) => row);
  const all =
    only !== undefined && second === undefined
      ? `[${rows.map((row) => rowToJson(only, row)).join(',')}]`
      : recordsToJson(outputs);
  const body = request.form === 'one' ? all.slice(1, -1) : all;
  return { status: 200, type: 'application/json', body, headers: answerHeaders(answer) };
}

/** The nearest of its exceptions. */
function typeOf(status: number): string {
  return types[status] ?? (status < 500 ? 'BadRequestException' : 'InternalServerException');
}

const types: Readonly<Record<number, string>> = {
  401: 'InvalidKeyException',
  403: 'InvalidKeyException',
  404: 'ModelNotFoundException',
  405: 'MethodNotAllowedException',
  413: 'RequestEntityTooLargeException',
  429: 'ServiceUnavailableException',
  501: 'NotImplementedException',
  503: 'ServiceUnavailableException',
};
