import { esteiraError } from '../kernel/errors.ts';
import type { KnownExperiments } from './datasets/evaluation-datasets.ts';

/** An experiment as people know it. Here it is kept by its number. */
export interface NamedExperiment {
  readonly id: string;
  readonly number: number;
  readonly name: string;
}

/** Of the room tracking: the experiments that things are kept with. */
export interface NamedExperiments extends KnownExperiments {
  byNumber(workspace: string, numbers: readonly number[]): Promise<readonly NamedExperiment[]>;
  byId(workspace: string, id: string): Promise<NamedExperiment | undefined>;
}

/** Throws EXPERIMENT_NOT_FOUND. */
export async function numberOfExperiment(
  experiments: NamedExperiments,
  workspace: string,
  id: string,
): Promise<number> {
  const found = await experiments.byId(workspace, id);
  if (found === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
  return found.number;
}

/** By number, for showing. One that is gone has its number for a name. */
export async function nameExperiments(
  experiments: NamedExperiments,
  workspace: string,
  numbers: Iterable<number>,
): Promise<(number: number) => NamedExperiment> {
  const found = await experiments.byNumber(workspace, [...new Set(numbers)]);
  const named = new Map(found.map(({ id, number, name }) => [number, { id, number, name }]));
  return (number) => named.get(number) ?? { id: '', number, name: String(number) };
}
