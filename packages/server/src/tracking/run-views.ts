import { esteiraError } from '../kernel/errors.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { digestsOfRuns } from './artifacts/artifact-store.ts';
import { latestMetrics, type MetricHistory, metricHistory } from './metric-store.ts';
import type { Run, RunHead, RunReference } from './run.ts';
import { entriesOf, listReferences } from './run-entry-store.ts';
import { type RunSearch, searchRunHeads } from './run-search.ts';
import { findRunHead, listChildren } from './run-store.ts';
import { matchesOf, type TextMatch } from './text-search/text-matches.ts';

/** A run as its own page shows it. */
export interface RunView extends Run {
  readonly inputs: readonly RunReference[];
  readonly outputs: readonly RunReference[];
  readonly children: readonly RunHead[];
}

interface FoundRun extends Run {
  /** Where the words were found that were searched for. */
  readonly matches?: readonly TextMatch[];
}

/** The names of metrics, parameters and tags wanted; all of a kind where it is absent. */
export interface RunColumns {
  readonly metrics?: readonly string[];
  readonly params?: readonly string[];
  readonly tags?: readonly string[];
}

interface ComparedEntry<V> {
  readonly name: string;
  /** One value per run, in the order asked; null where the run has none. */
  readonly values: readonly (V | null)[];
  readonly differs: boolean;
}

export interface RunComparison {
  readonly runs: readonly RunHead[];
  readonly params: readonly ComparedEntry<string>[];
  readonly metrics: readonly ComparedEntry<number>[];
  /** Digests of files, by path. */
  readonly artifacts: readonly ComparedEntry<string>[];
  /** False when there are more files than are compared. */
  readonly artifactsComplete: boolean;
}

/** Shows one run. Throws RUN_NOT_FOUND. */
export async function showRun(reader: SqlReader, workspace: string, id: string): Promise<RunView> {
  const head = await runHead(reader, workspace, id);
  const [run] = await withEntries(reader, [head], {});
  return {
    ...(run ?? { ...head, params: {}, metrics: {}, tags: {} }),
    inputs: await listReferences(reader, id, 'input'),
    outputs: await listReferences(reader, id, 'output'),
    children: await listChildren(reader, workspace, id),
  };
}

/** A page of runs with their latest metrics, parameters and tags. */
export async function searchRuns(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  columns: RunColumns,
): Promise<{ readonly items: readonly FoundRun[]; readonly nextCursor?: string }> {
  const { items: heads, nextCursor } = await searchRunHeads(reader, workspace, search);
  const runs = await withEntries(reader, heads, columns);
  const matches = search.text === undefined ? undefined : await matchesOf(reader, heads, search.text);
  return {
    items: matches === undefined ? runs : runs.map((run) => ({ ...run, matches: matches.get(run.id) ?? [] })),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  };
}

const mostFiles = 10_000;

/** Puts runs side by side. Throws RUN_NOT_FOUND. */
export async function compareRuns(
  reader: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<RunComparison> {
  const heads: RunHead[] = [];
  for (const id of ids) heads.push(await runHead(reader, workspace, id));
  const runs = await withEntries(reader, heads, {});
  const files = await digestsOfRuns(reader, workspace, ids, mostFiles + 1);
  const filesOf = Map.groupBy(files.slice(0, mostFiles), ({ runId }) => runId);
  return {
    runs: heads,
    artifacts: compareEntries(
      ids.map((id) => Object.fromEntries((filesOf.get(id) ?? []).map(({ path, digest }) => [path, digest]))),
    ),
    artifactsComplete: files.length <= mostFiles,
    params: compareEntries(runs.map((run) => run.params)),
    metrics: compareEntries(
      runs.map((run) =>
        Object.fromEntries(Object.entries(run.metrics).map(([name, point]) => [name, point.value])),
      ),
    ),
  };
}

/** The thinned points of a metric. Throws RUN_NOT_FOUND, METRIC_NOT_FOUND. */
export async function showMetricHistory(
  reader: SqlReader,
  workspace: string,
  id: string,
  name: string,
  options: { limit: number; fromStep?: number | undefined; toStep?: number | undefined },
): Promise<MetricHistory> {
  await runHead(reader, workspace, id);
  const history = await metricHistory(reader, id, name, options);
  if (history === undefined) throw esteiraError('METRIC_NOT_FOUND', { id, name });
  return history;
}

async function runHead(reader: SqlReader, workspace: string, id: string): Promise<RunHead> {
  const head = await findRunHead(reader, workspace, id);
  if (head === undefined) throw esteiraError('RUN_NOT_FOUND', { id });
  return head;
}

// Engines bound the number of parameters of one statement.
const runsPerQuery = 500;

async function withEntries(
  reader: SqlReader,
  heads: readonly RunHead[],
  columns: RunColumns,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (let start = 0; start < heads.length; start += runsPerQuery) {
    const chunk = heads.slice(start, start + runsPerQuery);
    const ids = chunk.map((head) => head.id);
    const metrics = await latestMetrics(reader, ids, columns.metrics);
    const params = await entriesOf(reader, 'run_params', ids, columns.params);
    const tags = await entriesOf(reader, 'run_tags', ids, columns.tags);
    for (const head of chunk) {
      runs.push({
        ...head,
        params: params.get(head.id) ?? {},
        metrics: metrics.get(head.id) ?? {},
        tags: tags.get(head.id) ?? {},
      });
    }
  }
  return runs;
}

function compareEntries<V>(entries: readonly Readonly<Record<string, V>>[]): readonly ComparedEntry<V>[] {
  const names = new Set(entries.flatMap((entry) => Object.keys(entry)));
  return [...names].sort().map((name) => {
    const values = entries.map((entry) => entry[name] ?? null);
    return { name, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}
