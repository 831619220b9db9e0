import type { Fields } from '../fields.ts';

/** The run of a message; older clients call the field `run_uuid`. Throws INVALID_PARAMETER_VALUE. */
export function runIdOf(fields: Fields): string {
  const id = fields.optionalText('run_id');
  return id === undefined || id === '' ? fields.optionalText('run_uuid') || fields.text('run_id') : id;
}
