import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { Experiment, Tracking } from '../tracking/index.ts';

/** The ids that experiments have on the wire, which are their numbers. */
export interface ExperimentIds {
  /** Throws EXPERIMENT_NOT_FOUND. */
  find(context: RequestContext, wireId: string): Promise<Experiment>;
  /** Of those that are there. */
  idsOf(context: RequestContext, wireIds: readonly string[]): Promise<readonly string[]>;
  /** By the id of the experiment. */
  wireIds(workspace: string, ids: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

const mostRemembered = 10_000;

export function createExperimentIds(
  tracking: Pick<Tracking, 'reader' | 'ensureDefaultExperiment'>,
): ExperimentIds {
  /** An experiment never changes its number. */
  const remembered = new Map<string, string>();

  return {
    async find(context, wireId) {
      const number = numberOf(wireId);
      if (number === 0) await tracking.ensureDefaultExperiment(context);
      const found =
        number === undefined ? undefined : await tracking.reader.experiment(context.workspace, { number });
      if (found === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: wireId });
      return found;
    },
    async idsOf(context, wireIds) {
      const numbers = wireIds.flatMap((wireId) => numberOf(wireId) ?? []);
      const found = await tracking.reader.experimentsByNumber(context.workspace, numbers);
      return found.map(({ id }) => id);
    },
    async wireIds(workspace, ids) {
      const known = new Map<string, string>();
      for (const id of new Set(ids)) {
        let wireId = remembered.get(id);
        if (wireId === undefined) {
          const found = await tracking.reader.experiment(workspace, { id });
          wireId = String(found?.number ?? id);
          if (found !== undefined && remembered.size < mostRemembered) remembered.set(id, wireId);
        }
        known.set(id, wireId);
      }
      return known;
    },
  };
}

function numberOf(wireId: string): number | undefined {
  return /^\d{1,15}$/.test(wireId) ? Number(wireId) : undefined;
}
