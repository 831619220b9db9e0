import type { CallParam } from '@esteira/contracts';
import { invalidRequest } from '../../../inference-error.ts';
import { valueConverter } from '../../call/convert-value.ts';
import { isRecord } from '../../call/table.ts';
import { describeValue } from '../../describe-value.ts';

/**
 * Checks the parameters of a request against those of the signature. Unknown ones are passed over, and without a schema all
 * of them are, as MLflow does. Throws INVALID_INFERENCE_REQUEST that names the parameter.
 */
export function checkParams(schema: readonly CallParam[], params: unknown): void {
  if (schema.length === 0 || params === undefined || params === null) return;
  if (!isRecord(params))
    throw invalidRequest(`params is ${describeValue(params)}, not an object of parameters`);
  for (const { name, type, shape } of schema) {
    const value = params[name];
    if (value === undefined || value === null) continue;
    const place = (): string => `the parameter ${name}`;
    if (shape === null || shape.length === 0) checkValue(type, value, place);
    else if (!Array.isArray(value))
      throw invalidRequest(`${place()} has ${describeValue(value)}, which is no list`);
    else for (const element of value) checkValue(type, element, place);
  }
}

function checkValue(type: CallParam['type'], value: unknown, place: () => string): void {
  const texts = type === 'string' || type === 'binary' || type === 'datetime';
  const fits = texts ? typeof value === 'string' : typeof value !== 'string' && typeof value !== 'object';
  const boolean = typeof value === 'boolean';
  if (!fits || boolean !== (type === 'boolean'))
    throw invalidRequest(`${place()} has ${describeValue(value)}, which is no ${type}`);
  if (!texts) valueConverter(type, 'FP64')(value, place);
  if (type === 'datetime') valueConverter(type, 'INT64')(value, place);
}
