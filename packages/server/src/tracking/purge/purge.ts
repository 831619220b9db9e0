import { setImmediate as turn } from 'node:timers/promises';
import type { KeptBecause } from '@esteira/contracts';
import { type AuditLog, recordRemoval } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { defaultExperiment, type Experiment } from '../experiment.ts';
import { renewExperimentRevision } from '../experiment-revision.ts';
import { assertExperimentNotHeld } from '../experiment-service.ts';
import { findExperiment } from '../experiment-store.ts';
import { keptReasons } from '../kept-reasons.ts';
import { removeRuns } from '../remove-runs.ts';
import type { RunHead } from '../run.ts';
import { assertRunNotHeld, existingRun } from '../writable-run.ts';
import { removeExperiment, removeSomeLoggedModels, runsOfExperiment } from './purge-store.ts';

/** What cannot be taken back: deleted things go for good. */
export interface Purge {
  /** Throws RUN_NOT_FOUND, PURGE_NOT_DELETED, PURGE_KEPT, LEGAL_HOLD. */
  run(context: RequestContext, id: string): Promise<RunHead>;
  /**
   * With its runs, logged models, traces and all else that lies in it; its name is free afterwards. Goes in steps: broken off,
   * it may be sent again. Throws EXPERIMENT_NOT_FOUND, PURGE_NOT_DELETED, PURGE_KEPT, LEGAL_HOLD; then nothing is gone.
   */
  experiment(context: RequestContext, id: string): Promise<{ experiment: Experiment; runs: number }>;
}

/** What other rooms say of things that are to go. */
interface PurgeSurroundings {
  /** Those of the ids that stay whatever anybody says, and why. */
  keptBecause(reader: SqlReader, ids: readonly string[]): Promise<ReadonlyMap<string, KeptBecause>>;
  /** A registered version that was made of a logged model of the experiment, in words; undefined when there is none. */
  versionWithin(reader: SqlReader, workspace: string, experimentId: string): Promise<string | undefined>;
  /** Removes what a room keeps of an experiment, a part at once; false when nothing is left. */
  readonly removers: readonly ((
    tx: SqlTransaction,
    workspace: string,
    experiment: Experiment,
  ) => Promise<boolean>)[];
}

export interface PurgeDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly surroundings: PurgeSurroundings;
}

// A run may have a million metric points.
const runsAtOnce = 10;
const runsReadAtOnce = 200;

export function createPurge({ sql, audit, clock, ids, surroundings }: PurgeDeps): Purge {
  async function assertFree(reader: SqlReader, context: RequestContext, runs: readonly RunHead[]) {
    for (const run of runs) await assertRunNotHeld(reader, context, run);
    const kept = await surroundings.keptBecause(
      reader,
      runs.map(({ id }) => id),
    );
    for (const [id, because] of kept)
      throw esteiraError('PURGE_KEPT', { thing: `The run ${id}`, reason: keptReasons[because] });
  }

  /** Of an experiment. In parts, others between them; what changes meanwhile is seen when a run goes. */
  async function assertAllFree(context: RequestContext, experimentId: string) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const runs = await runsOfExperiment(sql, experimentId, { after, limit: runsReadAtOnce });
      await assertFree(sql, context, runs);
      after = runs.at(-1)?.id;
      await turn();
    }
  }

  async function recordGone(tx: SqlTransaction, { workspace }: RequestContext, ids: readonly string[]) {
    const things = ids.map((id) => ({ kind: 'run', id }) as const);
    await recordRemoval(tx, workspace, things, { kind: 'deleted-runs', days: 0, at: clock.now() });
  }

  return {
    run: (context, id) =>
      sql.transaction(async (tx) => {
        const run = await existingRun(tx, context, id);
        if (run.deletedAt === undefined && !run.experimentDeleted)
          throw esteiraError('PURGE_NOT_DELETED', { thing: `The run ${id}` });
        await assertFree(tx, context, [run]);
        await removeRuns(tx, context.workspace, [id]);
        await recordGone(tx, context, [id]);
        await audit.record(tx, context, {
          action: 'tracking.run.purged',
          subject: { kind: 'run', id },
          details: { name: run.name, experiment: run.experiment },
        });
        return run;
      }),

    async experiment(context, id) {
      const { workspace } = context;
      const purged = await sql.transaction(async (tx) => {
        const experiment = await deletedExperiment(tx, workspace, id);
        if (experiment.number === defaultExperiment.number) {
          const thing = `The experiment ${experiment.name}`;
          throw esteiraError('PURGE_KEPT', { thing, reason: 'every workspace has it' });
        }
        await assertExperimentNotHeld(tx, context, experiment);
        const version = await surroundings.versionWithin(tx, workspace, id);
        if (version !== undefined) {
          const thing = `The experiment ${experiment.name}`;
          throw esteiraError('PURGE_KEPT', {
            thing,
            reason: `${version} was made from a logged model in it`,
          });
        }
        return experiment;
      });
      await assertAllFree(context, id);
      let runs = 0;
      for (;;) {
        const gone = await sql.transaction(async (tx) => {
          await deletedExperiment(tx, workspace, id);
          const some = await runsOfExperiment(tx, id, { after: '', limit: runsAtOnce });
          if (some.length === 0) return 0;
          await assertFree(tx, context, some);
          const ids = some.map((run) => run.id);
          await removeRuns(tx, workspace, ids);
          await recordGone(tx, context, ids);
          return ids.length;
        });
        if (gone === 0) break;
        runs += gone;
      }
      while (await sql.transaction((tx) => removeSomeLoggedModels(tx, workspace, id)));
      for (const remove of surroundings.removers)
        while (await sql.transaction((tx) => remove(tx, workspace, purged)));
      await sql.transaction(async (tx) => {
        await deletedExperiment(tx, workspace, id);
        await removeExperiment(tx, workspace, id);
        await renewExperimentRevision(tx, ids, workspace);
        await audit.record(tx, context, {
          action: 'tracking.experiment.purged',
          subject: { kind: 'experiment', id },
          details: { name: purged.name, runs },
        });
      });
      return { experiment: purged, runs };
    },
  };
}

async function deletedExperiment(reader: SqlReader, workspace: string, id: string): Promise<Experiment> {
  const experiment = await findExperiment(reader, workspace, { id });
  if (experiment === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
  if (experiment.deletedAt === undefined)
    throw esteiraError('PURGE_NOT_DELETED', { thing: `The experiment ${experiment.name}` });
  return experiment;
}
