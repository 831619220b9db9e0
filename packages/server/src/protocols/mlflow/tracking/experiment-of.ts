import type { RequestContext } from '../../../kernel/actor.ts';
import type { Experiment, Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';

/** What experiments are found with. */
export type ExperimentSource = Pick<Tracking, 'reader' | 'ensureDefaultExperiment'>;

/**
 * The experiment of an id on the wire, deleted or not. The experiment 0 is there in every workspace. Throws
 * INVALID_PARAMETER_VALUE for what is no id, RESOURCE_DOES_NOT_EXIST.
 */
export async function experimentOf(
  tracking: ExperimentSource,
  context: RequestContext,
  wireId: string,
): Promise<Experiment> {
  const number = readExperimentNumber(wireId);
  await tracking.ensureDefaultExperiment(context);
  const found = await tracking.reader.experiment(context.workspace, { number });
  if (found === undefined) throw noExperiment(wireId);
  return found;
}

/** The id of a message: a text, though older clients send a number. Throws INVALID_PARAMETER_VALUE. */
export function experimentIdOf(fields: Fields): string {
  const raw = fields.raw('experiment_id');
  return typeof raw === 'number' ? String(raw) : fields.text('experiment_id');
}

/** The ids of a message, as texts or numbers. Throws INVALID_PARAMETER_VALUE. */
export function experimentIdsOf(fields: Fields): readonly string[] {
  const raw = fields.raw('experiment_ids');
  if (Array.isArray(raw) && raw.every((id) => typeof id === 'number')) return raw.map(String);
  return fields.texts('experiment_ids');
}

/** Throws INVALID_PARAMETER_VALUE. */
export function readExperimentNumber(wireId: string): number {
  const number = /^-?\d{1,15}$/.test(wireId) ? Number(wireId) : undefined;
  if (number === undefined) {
    throw invalidParameter(
      `Invalid experiment ID '${wireId.slice(0, 100)}'. Experiment ID must be a valid integer.`,
    );
  }
  return number;
}

export function noExperiment(wireId: string): MlflowError {
  return new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${wireId} exists`);
}
