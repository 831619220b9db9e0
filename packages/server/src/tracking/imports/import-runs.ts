import type { ImportedRun } from '@esteira/contracts';
import { sql } from 'kysely';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { insertRunDatasets } from '../run-dataset-store.ts';
import { insertRunModels } from '../run-model-store.ts';
import { newRevision } from '../run-revision.ts';
import type { RunTables } from '../run-store.ts';
import type { RunTexts } from '../text-search/run-texts.ts';

/**
 * Takes runs with all that is logged into them but points and files. Of a run that is there, what is missing is added and
 * nothing is changed. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN.
 */
export async function importRuns(
  deps: { ids: IdGenerator; audit: AuditLog; texts: RunTexts },
  tx: SqlTransaction,
  context: RequestContext,
  runs: readonly ImportedRun[],
): Promise<number> {
  const { workspace } = context;
  await assertExperiments(tx, workspace, runs);
  const added = await insertHeads(tx, context, runs, newRevision(deps.ids));
  await assertOwnRuns(tx, workspace, runs);
  await insertEntries(tx, 'run_params', rowsOf(runs, 'params'));
  await insertEntries(tx, 'run_tags', rowsOf(runs, 'tags'));
  await deps.texts.changed(
    tx,
    runs.map(({ id }) => id),
  );
  for (const { id, experimentId, datasets = [], modelInputs = [], modelOutputs = [] } of runs) {
    const inputs = datasets.map(({ dataset, context: role, tags }) => ({
      dataset: {
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.sourceType,
        source: dataset.source,
        ...(dataset.schema === undefined ? {} : { schema: dataset.schema }),
        ...(dataset.profile === undefined ? {} : { profile: dataset.profile }),
      },
      ...(role === undefined ? {} : { context: role }),
      tags: Object.fromEntries(tags),
    }));
    await insertRunDatasets(tx, deps.ids, { id, workspace, experimentId }, inputs);
    await insertRunModels(tx, id, 'input', modelInputs);
    await insertRunModels(tx, id, 'output', modelOutputs);
  }
  if (added > 0) {
    await deps.audit.record(tx, context, {
      action: 'tracking.runs.imported',
      subject: { kind: 'run', id: runs[0]?.id ?? '' },
      details: { added },
    });
  }
  return added;
}

/** Throws RUN_NOT_FOUND for a run that the workspace does not have. */
export async function assertRuns(
  reader: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<void> {
  const wanted = new Set(ids);
  const rows = await runsWithIds(reader, [...wanted]);
  for (const row of rows) if (row.workspace === workspace) wanted.delete(row.id);
  for (const id of wanted) throw esteiraError('RUN_NOT_FOUND', { id });
}

async function assertExperiments(
  reader: SqlReader,
  workspace: string,
  runs: readonly ImportedRun[],
): Promise<void> {
  const wanted = new Set(runs.map(({ experimentId }) => experimentId));
  if (wanted.size === 0) return;
  const rows = await reader
    .query<RunTables>()
    .selectFrom('experiments')
    .select('id')
    .where('workspace', '=', workspace)
    .where('id', 'in', [...wanted])
    .execute();
  for (const { id } of rows) wanted.delete(id);
  for (const id of wanted) throw esteiraError('EXPERIMENT_NOT_FOUND', { id });
}

async function assertOwnRuns(
  reader: SqlReader,
  workspace: string,
  runs: readonly ImportedRun[],
): Promise<void> {
  const rows = await runsWithIds(
    reader,
    runs.map(({ id }) => id),
  );
  for (const row of rows)
    if (row.workspace !== workspace) throw esteiraError('IMPORT_ID_TAKEN', { kind: 'run', id: row.id });
}

async function runsWithIds(
  reader: SqlReader,
  ids: readonly string[],
): Promise<readonly { id: string; workspace: string }[]> {
  if (ids.length === 0) return [];
  return await reader
    .query<RunTables>()
    .selectFrom('runs')
    .select(['id', 'workspace'])
    .where('id', 'in', ids)
    .execute();
}

const headColumns = {
  id: 'text',
  workspace: 'text',
  experiment_id: 'text',
  name: 'text',
  parent_run_id: 'text',
  status: 'text',
  note: 'text',
  created_by: 'text',
  user_name: 'text',
  started_at: 'bigint',
  finished_at: 'bigint',
  deleted_at: 'bigint',
  revision: 'text',
} as const;

async function insertHeads(
  tx: SqlTransaction,
  { workspace, actor }: RequestContext,
  runs: readonly ImportedRun[],
  revision: string,
): Promise<number> {
  const inserted = await tx.forEachRow(
    headColumns,
    runs.map((run) => [
      run.id,
      workspace,
      run.experimentId,
      run.name,
      run.parentRunId ?? null,
      run.status,
      run.note ?? '',
      actor.id,
      run.userName ?? null,
      run.startedAt,
      run.finishedAt ?? null,
      run.deletedAt ?? null,
      revision,
    ]),
    ({ value, from }) => sql`
      insert into runs (${sql.join(Object.keys(headColumns).map((column) => sql.ref(column)))}, source)
      select ${sql.join(Object.keys(headColumns).map((column) => value(column)))}, '{}' ${from}
      where true
      on conflict (id) do nothing
      returning id`,
  );
  return inserted.length;
}

type EntryRow = readonly [runId: string, name: string, value: string];

function rowsOf(runs: readonly ImportedRun[], kind: 'params' | 'tags'): readonly EntryRow[] {
  return runs.flatMap((run) => (run[kind] ?? []).map(([name, value]): EntryRow => [run.id, name, value]));
}

async function insertEntries(
  tx: SqlTransaction,
  table: 'run_params' | 'run_tags',
  rows: readonly EntryRow[],
): Promise<void> {
  await tx.forEachRow(
    { run_id: 'text', name: 'text', value: 'text' },
    rows,
    ({ value, from }) => sql`
      insert into ${sql.table(table)} (run_id, name, value)
      select ${value('run_id')}, ${value('name')}, ${value('value')} ${from}
      where true
      on conflict (run_id, name) do nothing`,
  );
}
