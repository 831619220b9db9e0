import type { Study, Trial } from '@esteira/contracts';
import { newestFirst } from '../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface StudyTables {
  studies: {
    workspace: string;
    id: string;
    name: string;
    project: string;
    request_key: string | null;
    space: string;
    fixed: string;
    objective: string;
    direction: string;
    sampler: string;
    seed: number;
    max_trials: number;
    created_at: number;
  };
  trials: {
    workspace: string;
    study_id: string;
    number: number;
    state: string;
    params: string;
    value: number | null;
    error: string | null;
    started_at: number;
    finished_at: number | null;
  };
}

export async function insertStudy(
  tx: SqlTransaction,
  workspace: string,
  study: Study,
  requestKey: string | null,
): Promise<void> {
  await tx
    .query<StudyTables>()
    .insertInto('studies')
    .values({
      workspace,
      id: study.id,
      name: study.name,
      project: study.project,
      request_key: requestKey,
      space: JSON.stringify(study.space),
      fixed: JSON.stringify(study.fixed),
      objective: study.objective,
      direction: study.direction,
      sampler: study.sampler,
      seed: study.seed,
      max_trials: study.maxTrials,
      created_at: study.createdAt,
    })
    .execute();
}

export async function findStudy(sql: SqlReader, workspace: string, id: string): Promise<Study | undefined> {
  const row = await studies(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && toStudy(row);
}

export async function findStudyByRequest(
  sql: SqlReader,
  workspace: string,
  requestKey: string,
): Promise<Study | undefined> {
  const row = await studies(sql, workspace).where('request_key', '=', requestKey).executeTakeFirst();
  return row && toStudy(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listStudies(
  sql: SqlReader,
  workspace: string,
  filter: { project?: string | undefined; before?: string | undefined; limit: number },
): Promise<readonly Study[]> {
  let query = studies(sql, workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  return (await newestFirst(query, filter).execute()).map(toStudy);
}

export async function listTrials(
  sql: SqlReader,
  workspace: string,
  studyId: string,
): Promise<readonly Trial[]> {
  const rows = await sql
    .query<StudyTables>()
    .selectFrom('trials')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('study_id', '=', studyId)
    .orderBy('number')
    .execute();
  return rows.map(toTrial);
}

export async function insertTrial(
  tx: SqlTransaction,
  workspace: string,
  studyId: string,
  trial: Trial,
): Promise<void> {
  await tx
    .query<StudyTables>()
    .insertInto('trials')
    .values({
      workspace,
      study_id: studyId,
      number: trial.number,
      state: trial.state,
      params: JSON.stringify(trial.params),
      value: trial.value,
      error: trial.error,
      started_at: trial.startedAt,
      finished_at: trial.finishedAt,
    })
    .execute();
}

/** Ends a running trial; false when it was not running. */
export async function finishTrial(
  tx: SqlTransaction,
  workspace: string,
  studyId: string,
  trial: Trial,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .query<StudyTables>()
    .updateTable('trials')
    .set({ state: trial.state, value: trial.value, error: trial.error, finished_at: trial.finishedAt })
    .where('workspace', '=', workspace)
    .where('study_id', '=', studyId)
    .where('number', '=', trial.number)
    .where('state', '=', 'RUNNING')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

function studies(sql: SqlReader, workspace: string) {
  return sql.query<StudyTables>().selectFrom('studies').selectAll().where('workspace', '=', workspace);
}

function toStudy(row: StudyTables['studies']): Study {
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    space: JSON.parse(row.space) as Study['space'],
    fixed: JSON.parse(row.fixed) as Study['fixed'],
    objective: row.objective,
    direction: row.direction as Study['direction'],
    sampler: row.sampler as Study['sampler'],
    seed: row.seed,
    maxTrials: row.max_trials,
    createdAt: row.created_at,
  };
}

function toTrial(row: StudyTables['trials']): Trial {
  return {
    number: row.number,
    state: row.state as Trial['state'],
    params: JSON.parse(row.params) as Trial['params'],
    value: row.value,
    error: row.error,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
