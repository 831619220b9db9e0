import { invalidRequest } from '../../../inference-error.ts';
import { callPlan } from '../../call/call-plan.ts';
import { fillColumns } from '../../call/fill-columns.ts';
import { readInputs, readInstances } from '../../call/read-batch.ts';
import { isRecord, tableOfRecords } from '../../call/table.ts';
import { describeValue } from '../../describe-value.ts';
import type { InferRequest } from '../../infer-request.ts';
import type { ModelCall } from '../wire.ts';
import { parseTensorflowJson } from './parse-tensorflow-json.ts';

const options = { infinite: true };

/** Reads `:predict`: `instances` in row form, or `inputs` in column form. Throws INVALID_INFERENCE_REQUEST. */
export function readPredictRequest(body: Buffer, { endpoint }: ModelCall): InferRequest {
  const plan = callPlan(endpoint);
  const document = parseTensorflowJson(body);
  checkSignatureName(document.signature_name, ['serving_default', 'predict']);
  const { instances, inputs } = document;
  if ((instances === undefined) === (inputs === undefined))
    throw invalidRequest('the body must have exactly one of instances (row form) and inputs (column form)');
  const rows = instances !== undefined;
  const tensors = rows ? readInstances(plan, instances, options) : readInputs(plan, inputs, options);
  return { inputs: tensors, parameters: {}, binaryOutputs: false, form: rows ? 'row' : 'column' };
}

/** Reads `:classify` and `:regress`: `examples` of named features, each with those of `context` where it lacks its own. */
export function readExamples(
  body: Buffer,
  { endpoint }: ModelCall,
  task: 'classification' | 'regression',
): InferRequest {
  const plan = callPlan(endpoint);
  const document = parseTensorflowJson(body);
  const method = task === 'classification' ? 'classify' : 'regress';
  checkSignatureName(document.signature_name, ['serving_default', method]);
  if (plan.signature.task !== task)
    throw invalidRequest(`the model is one of ${plan.signature.task}; :${method} is for ${task}`);
  const { examples, context = {} } = document;
  if (!Array.isArray(examples) || examples.length === 0)
    throw invalidRequest('examples is not a list with at least one example');
  if (!isRecord(context)) throw invalidRequest('context is not an object of features');
  const records = examples.map((example: unknown, row) => {
    if (!isRecord(example)) throw invalidRequest(`example ${row} is not an object of features`);
    const features: Record<string, unknown> = {};
    for (const [name, value] of Object.entries({ ...context, ...example }))
      features[name] = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return features;
  });
  const inputs = fillColumns(plan, tableOfRecords(records), options);
  return { inputs, parameters: {}, binaryOutputs: false };
}

function checkSignatureName(name: unknown, known: readonly string[]): void {
  if (name === undefined || name === '' || (typeof name === 'string' && known.includes(name))) return;
  throw invalidRequest(`there is no signature ${describeValue(name)}; this model has ${known[0]}`);
}
