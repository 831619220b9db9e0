import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { sortJournal } from './metric-journal.ts';
import type { MetricSeries } from './metric-series.ts';
import { appendToJournal } from './metric-store.ts';
import type { MetricPoint } from './metric-value.ts';
import type { RunTables } from './run-store.ts';

interface Append {
  readonly workspace: string;
  readonly runId: string;
  readonly points: readonly MetricPoint[];
  resolve(): void;
  reject(error: unknown): void;
}

/** Appends points for many callers at once. */
export interface MetricAppender {
  /** Resolves when the points are durable. Throws RUN_NOT_FOUND, RUN_DELETED. */
  append(context: RequestContext, runId: string, points: readonly MetricPoint[]): Promise<void>;
}

// Bounds the time that one transaction takes: some 20 ms.
const mostPoints = 8000;
// Many at once lie together on the pages of their series; few that wait are soon found among them.
const pointsToSort = 20_000;
const sortAfterMs = 2_000;

/**
 * While one transaction is on its way to the disk, the calls that arrive wait and share the next: a handful of statements
 * and one fsync for all of them. What is wrong with one call is told to it alone. Points are sorted into their series
 * later, many at once; readers see them at once.
 */
export function createMetricAppender(deps: { sql: SqlDatabase; series: MetricSeries }): MetricAppender {
  const { sql, series } = deps;
  let waiting: Append[] = [];
  let writing = false;
  let unsorted = 0;
  let sorting = false;
  let sortTimer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    // The calls of this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        await writeGroup(group);
      } catch (error) {
        if (group.length === 1) group[0]?.reject(error);
        else for (const append of group) await writeGroup([append]).catch(append.reject);
      }
    }
    writing = false;
  }

  function takeGroup(): Append[] {
    let points = 0;
    let count = 0;
    for (const append of waiting) {
      points += append.points.length;
      if (count > 0 && points > mostPoints) break;
      count++;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  async function writeGroup(group: readonly Append[]): Promise<void> {
    const problems = await tryGroup(group);
    const accepted = group.filter((append) => !problems.has(append));
    for (const append of group) {
      const problem = problems.get(append);
      if (problem !== undefined) append.reject(problem);
    }
    if (problems.size > 0) {
      if (accepted.length > 0) await writeGroup(accepted);
      return;
    }
    for (const append of group) {
      append.resolve();
      unsorted += append.points.length;
    }
    if (unsorted >= pointsToSort) void sort();
    else sortLater();
  }

  /** What is wrong with some of the group; nothing is stored then. */
  async function tryGroup(group: readonly Append[]): Promise<ReadonlyMap<Append, Error>> {
    try {
      await sql.transaction(
        async (tx) => {
          // Sent together: mistakes are rare, and the way to the engine and back is most of the time.
          const [problems] = await Promise.all([problemsOf(tx, group), appendToJournal(tx, group, series)]);
          if (problems.size > 0) throw new Refused(problems);
        },
        // Points are never changed and latest values only move up, so nothing read here needs to stand still.
        { isolation: 'read-committed' },
      );
    } catch (error) {
      if (error instanceof Refused) return error.problems;
      throw error;
    }
    return new Map();
  }

  function sortLater(): void {
    sortTimer ??= setTimeout(() => void sort(), sortAfterMs).unref();
  }

  async function sort(): Promise<void> {
    if (sorting) return;
    sorting = true;
    clearTimeout(sortTimer);
    sortTimer = undefined;
    unsorted = 0;
    // What is not sorted in waits for the next time; the database may be away, or closed.
    await sortJournal(sql, series).catch(() => undefined);
    sorting = false;
    if (unsorted > 0) sortLater();
  }

  return {
    append(context, runId, points) {
      return new Promise((resolve, reject) => {
        waiting.push({ workspace: context.workspace, runId, points, resolve, reject });
        if (writing) return;
        writing = true;
        void write();
      });
    },
  };
}

/** Takes the transaction of a group back. */
class Refused extends Error {
  readonly problems: ReadonlyMap<Append, Error>;
  constructor(problems: ReadonlyMap<Append, Error>) {
    super('Some of the appends of a group were refused.');
    this.problems = problems;
  }
}

async function problemsOf(tx: SqlTransaction, group: readonly Append[]): Promise<ReadonlyMap<Append, Error>> {
  const ids = [...new Set(group.map((append) => append.runId))];
  const rows = await tx
    .query<RunTables>()
    .selectFrom('runs')
    .select(['id', 'workspace', 'deleted_at'])
    .where('id', 'in', ids)
    .execute();
  const runs = new Map(rows.map((row) => [row.id, row]));
  const problems = new Map<Append, Error>();
  for (const append of group) {
    const { runId: id } = append;
    const run = runs.get(id);
    if (run === undefined || run.workspace !== append.workspace)
      problems.set(append, esteiraError('RUN_NOT_FOUND', { id }));
    else if (run.deleted_at !== null) problems.set(append, esteiraError('RUN_DELETED', { id }));
  }
  return problems;
}
