import { sql } from 'kysely';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import { createGroupedWrites, type WriteOutcome } from '../storage/sql/grouped-writes.ts';
import type { ForEachRowOptions, SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Experiment } from './experiment.ts';
import { findExperimentsByNumber } from './experiment-store.ts';
import type { RunHead } from './run.ts';
import { newRevision } from './run-revision.ts';
import { runLocation } from './run-store.ts';
import type { RunTexts } from './text-search/run-texts.ts';

/** A run that is begun by a client that knows its experiment by number. */
interface NewRun {
  readonly id: string;
  readonly experimentNumber: number;
  readonly name: string;
  readonly note: string;
  readonly parentRunId?: string;
  readonly userName?: string;
  readonly startedAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Begins runs, many at once. Throws EXPERIMENT_NOT_FOUND, EXPERIMENT_DELETED. */
export type RunStarter = (context: RequestContext, run: NewRun) => Promise<RunHead>;

interface Item {
  readonly context: RequestContext;
  readonly run: NewRun;
}

type Experiments = ReadonlyMap<string, ReadonlyMap<number, Experiment>>;

const mostRemembered = 1_000;

/**
 * Two statements begin all the runs that were asked for in one turn, in experiments that runs were begun in before: they
 * write nothing when one of those is deleted by now. Another looks the experiments up.
 */
export function createRunStarter(deps: { sql: SqlDatabase; ids: IdGenerator; texts: RunTexts }): RunStarter {
  const { sql: database } = deps;
  const remembered = new Map<string, Experiment>();

  /** Undefined when one has to be looked up. */
  function rememberedOf(items: readonly Item[]): Experiments | undefined {
    const found = new Map<string, Map<number, Experiment>>();
    for (const item of items) {
      const experiment = remembered.get(keyOf(item));
      if (experiment === undefined) return undefined;
      const { workspace } = item.context;
      found.set(
        workspace,
        (found.get(workspace) ?? new Map<number, Experiment>()).set(experiment.number, experiment),
      );
    }
    return found;
  }

  async function lookUp(tx: SqlTransaction, items: readonly Item[]): Promise<Experiments> {
    const experiments = await experimentsOf(tx, items);
    tx.afterCommit(() => {
      if (remembered.size > mostRemembered) remembered.clear();
      for (const item of items) {
        const experiment = experiments.get(item.context.workspace)?.get(item.run.experimentNumber);
        if (experiment !== undefined && experiment.deletedAt === undefined)
          remembered.set(keyOf(item), experiment);
      }
    });
    return experiments;
  }

  const write = createGroupedWrites<Item, RunHead>({
    sql: database,
    most: 500,
    async write(tx, items) {
      const experiments = rememberedOf(items) ?? (await lookUp(tx, items));
      return startAll(tx, items, experiments, deps, { returnsEach: true });
    },
    async writeAlone(item) {
      remembered.delete(keyOf(item));
      const [outcome] = await database.transaction(async (tx) =>
        startAll(tx, [item], await lookUp(tx, [item]), deps),
      );
      if (outcome === undefined || 'problem' in outcome) throw outcome?.problem;
      return outcome.value;
    },
  });
  return (context, run) => write({ context, run });
}

function keyOf({ context, run }: Item): string {
  return `${run.experimentNumber} ${context.workspace}`;
}

async function startAll(
  tx: SqlTransaction,
  items: readonly Item[],
  experiments: Experiments,
  { ids, texts }: { readonly ids: IdGenerator; readonly texts: RunTexts },
  options: ForEachRowOptions = {},
): Promise<readonly WriteOutcome<RunHead>[]> {
  const outcomes = items.map(({ context, run }): WriteOutcome<RunHead> => {
    const experiment = experiments.get(context.workspace)?.get(run.experimentNumber);
    if (experiment === undefined)
      return { problem: esteiraError('EXPERIMENT_NOT_FOUND', { id: String(run.experimentNumber) }) };
    if (experiment.deletedAt !== undefined)
      return { problem: esteiraError('EXPERIMENT_DELETED', { name: experiment.name }) };
    return { value: toHead(experiment, run, context) };
  });
  const started = items.flatMap(({ context, run }, index) => {
    const outcome = outcomes[index];
    return outcome !== undefined && 'value' in outcome ? [{ context, run, head: outcome.value }] : [];
  });
  // Begun twice, a run is there once: its id was drawn for it. Sent together, for the way to the engine and back is most of
  // their time.
  tx.ends();
  const revision = newRevision(ids);
  const runs = tx.forEachRow(
    runColumns,
    started.map(({ context, head }) => [
      head.id,
      context.workspace,
      head.experimentId,
      head.project ?? null,
      head.name,
      head.parentRunId ?? null,
      head.note,
      head.createdBy,
      head.userName ?? null,
      head.startedAt,
      revision,
    ]),
    ({ value, from }) => sql`
      insert into runs (${sql.join(Object.keys(runColumns).map((column) => sql.ref(column)))}, status, source)
      select ${sql.join(Object.keys(runColumns).map((column) => value(column)))}, 'running', '{}' ${from}
      where exists (
        select 1 from experiments where experiments.id = ${value('experiment_id')} and deleted_at is null)
      on conflict (id) do nothing
      returning id`,
    options,
  );
  const tags = tx.forEachRow(
    { run_id: 'text', name: 'text', value: 'text' },
    started.flatMap(({ run }) => Object.entries(run.tags).map(([name, value]) => [run.id, name, value])),
    ({ value, from }) => sql`
      insert into run_tags (run_id, name, value)
      select ${value('run_id')}, ${value('name')}, ${value('value')} ${from}
      where true
      on conflict (run_id, name) do nothing`,
  );
  await Promise.all([runs, tags]);
  texts.begun(tx);
  return outcomes;
}

const runColumns = {
  id: 'text',
  workspace: 'text',
  experiment_id: 'text',
  project: 'text',
  name: 'text',
  parent_run_id: 'text',
  note: 'text',
  created_by: 'text',
  user_name: 'text',
  started_at: 'bigint',
  revision: 'text',
} as const;

async function experimentsOf(tx: SqlTransaction, items: readonly Item[]): Promise<Experiments> {
  const wanted = new Map<string, Set<number>>();
  for (const { context, run } of items) {
    const numbers = wanted.get(context.workspace) ?? new Set();
    wanted.set(context.workspace, numbers.add(run.experimentNumber));
  }
  const found = new Map<string, ReadonlyMap<number, Experiment>>();
  for (const [workspace, numbers] of wanted) {
    const experiments = await findExperimentsByNumber(tx, workspace, [...numbers]);
    found.set(workspace, new Map(experiments.map((experiment) => [experiment.number, experiment])));
  }
  return found;
}

function toHead(experiment: Experiment, run: NewRun, context: RequestContext): RunHead {
  const { id, name, note, parentRunId, userName, startedAt } = run;
  return {
    id,
    experimentId: experiment.id,
    experiment: experiment.name,
    experimentNumber: experiment.number,
    experimentDeleted: false,
    artifactLocation: runLocation(experiment.artifactLocation, id),
    ...(experiment.project === undefined ? {} : { project: experiment.project }),
    name,
    ...(parentRunId === undefined ? {} : { parentRunId }),
    status: 'running',
    source: {},
    note,
    createdBy: context.actor.id,
    ...(userName === undefined ? {} : { userName }),
    startedAt,
  };
}
