import { esteiraError } from '../../../kernel/errors.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';

/** The number of the experiment that a required field names. Throws EXPERIMENT_NOT_FOUND for what no experiment is called by. */
export function experimentNumber(fields: Fields, name = 'experiment_id'): number {
  const value = fields.raw(name);
  return toNumber(typeof value === 'number' ? String(value) : fields.text(name));
}

/** Of a list of ids, each as text or as a number. */
export function experimentNumbers(fields: Fields, name = 'experiment_ids'): readonly number[] {
  const value = fields.raw(name);
  if (!Array.isArray(value)) return fields.texts(name).map(toNumber);
  return value.map((id: unknown) => {
    if (typeof id === 'string') return toNumber(id);
    if (typeof id === 'number') return toNumber(String(id));
    throw fields.refuse(name, 'A value is not the id of an experiment');
  });
}

function toNumber(id: string): number {
  if (id === '') throw invalidParameter('The id of an experiment cannot be empty.');
  if (!/^\d{1,15}$/.test(id)) throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
  return Number(id);
}
