import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { noPoint } from '../metric-points.ts';
import { type RunSearch, runConditions } from '../run-search.ts';

interface WatchedRun {
  readonly id: string;
  /** What the run looked like when it was read; absent where it was not. */
  readonly mark?: string | undefined;
}

interface Watching {
  readonly runs: readonly WatchedRun[];
  /** Runs behind this one in the order of their start are counted. */
  readonly newest?: { readonly startedAt: number; readonly id: string } | undefined;
  readonly search: Omit<RunSearch, 'orders' | 'limit' | 'cursor'>;
}

export interface RunNews {
  readonly changed: readonly { readonly id: string; readonly mark: string }[];
  readonly started: number;
}

const longestMs = 20_000;
const everyMs = 1_000;
const mostStarted = 1_000;

/**
 * Waits until a run is not as its mark says, or another has started. It looks rather than listens: points of metrics are too
 * many to announce each, and come to any replica.
 */
export async function watchRuns(
  reader: SqlReader,
  workspace: string,
  watching: Watching,
  signal: AbortSignal,
): Promise<RunNews> {
  for (let waited = 0; ; waited += everyMs) {
    const news = await lookAt(reader, workspace, watching);
    if (news.changed.length > 0 || news.started > 0 || waited >= longestMs || signal.aborted) return news;
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function lookAt(reader: SqlReader, workspace: string, watching: Watching): Promise<RunNews> {
  const marks = await marksOf(
    reader,
    workspace,
    watching.runs.map(({ id }) => id),
  );
  const changed = watching.runs.flatMap(({ id, mark: known }) => {
    const mark = marks.get(id);
    return mark === undefined || mark === known ? [] : [{ id, mark }];
  });
  return { changed, started: await countStarted(reader, workspace, watching) };
}

async function countStarted(
  reader: SqlReader,
  workspace: string,
  { newest, search }: Watching,
): Promise<number> {
  if (newest === undefined) return 0;
  const { rows } = await sql<{ started: number }>`
    select count(*) as started from (
      select runs.id from runs
      where ${sql.join(runConditions(workspace, search), sql` and `)}
        and (runs.started_at, runs.id) > (${newest.startedAt}, ${newest.id})
      limit ${mostStarted}
    ) as started`.execute(reader.query());
  return rows[0]?.started ?? 0;
}

/** What changes with anything that a list or the page of a run shows. */
async function marksOf(
  reader: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<Record<string, unknown> & { id: string }>`
    select runs.id, runs.name, runs.status, runs.note, runs.finished_at, runs.deleted_at,
      (select count(*) from run_params where run_params.run_id = runs.id) as params,
      (select count(*) from run_comments where run_comments.run_id = runs.id) as comments,
      (select max(coalesce(edited_at, created_at)) from run_comments where run_comments.run_id = runs.id) as said,
      measured.*
    from runs
    left join (
      select run_id, count(*) as metrics, sum(step) as steps, max(at) as at, sum(value) as total
      from metric_series where run_id in (${sql.join(ids)}) and is_nan <> ${noPoint} group by run_id
    ) as measured on measured.run_id = runs.id
    where runs.workspace = ${workspace} and runs.id in (${sql.join(ids)})`.execute(reader.query());
  const tags = await sql<{ run_id: string; name: string; value: string }>`
    select run_id, name, value from run_tags where run_id in (${sql.join(ids)})
    order by run_id, name`.execute(reader.query());
  const tagsOf = Map.groupBy(tags.rows, ({ run_id }) => run_id);
  return new Map(
    rows.map((row) => {
      const seen = JSON.stringify([
        Object.entries(row).map(([name, value]) => [name, String(value)]),
        tagsOf.get(row.id),
      ]);
      return [row.id, createHash('sha256').update(seen).digest('base64url').slice(0, 22)];
    }),
  );
}
