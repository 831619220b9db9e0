/** What the load script writes: figures by name, one within the other. */
export interface LoadResult {
  readonly [name: string]: number | string | boolean | null | readonly unknown[] | LoadResult;
}

export interface Target {
  readonly name: string;
  readonly unit: string;
  /** Where the figure stands in the result. */
  readonly path: readonly string[];
  readonly better: 'higher' | 'lower';
  readonly value: number;
  /** So many times what the peer reached; absent where the target is none of its figures. */
  readonly times?: number;
}

const perSecond = (name: string, measure: string, value: number, times?: number): Target => ({
  name,
  unit: '1/s, 16 clients',
  path: ['results', measure, 'c16', 'rps'],
  better: 'higher',
  value,
  ...(times === undefined ? {} : { times }),
});

/**
 * What is asked of each engine beside a peer that was measured on the same machine. A figure that the peer does not have, or
 * reached with calls that failed, is no measure of it: the target stays what it is.
 */
export function targetsBeside(engine: 'sqlite' | 'postgres', peer: LoadResult): readonly Target[] {
  return targetsOf(engine).map((target) => {
    const theirs = findLoad(peer, target.path);
    const failed = findLoad(peer, [...target.path.slice(0, -1), 'errors']) ?? 0;
    if (target.times === undefined || theirs === undefined || failed > 0) return target;
    return { ...target, value: Math.round(target.times * theirs) };
  });
}

/**
 * What is asked of each engine. Rates are multiples of what MLflow's server (release 3.17.2, four workers) reached on another
 * machine: 10 for runs, 30 and 10 for small batches, 15 for large ones, 20 for experiments, 5 for spans; files go at least as
 * fast.
 */
export function targetsOf(engine: 'sqlite' | 'postgres'): readonly Target[] {
  const isSqlite = engine === 'sqlite';
  return [
    perSecond('runs begun', 'runs_create', isSqlite ? 1390 : 1540, 10),
    perSecond('batches of 10 metrics', 'log_batch_10_metrics', isSqlite ? 2580 : 1600, isSqlite ? 30 : 10),
    perSecond('batches of 500 metrics', 'log_batch_500_metrics', isSqlite ? 165 : 255, 15),
    {
      name: 'search of 1,000 of 25,000 runs',
      unit: 'ms, median, one client',
      path: ['results', 'runs_search_1000', 'c1', 'p50_ms'],
      better: 'lower',
      value: 40,
    },
    perSecond('searches of 1,000 of 25,000 runs', 'runs_search_1000', 50),
    {
      name: 'history of 10,000 points',
      unit: 'ms, median, one client',
      path: ['results', 'metric_history_10k', 'c1', 'p50_ms'],
      better: 'lower',
      value: 15,
    },
    perSecond('searches of experiments', 'experiments_search', isSqlite ? 1420 : 2680, 20),
    {
      name: 'spans, 100 a request',
      unit: '1/s, 16 clients',
      path: ['results', 'otlp_100_spans', 'c16', 'spans_per_s'],
      better: 'higher',
      value: isSqlite ? 14_500 : 18_300,
      times: 5,
    },
    {
      name: 'artifact of 200 MB, up',
      unit: 'MB/s',
      path: ['results', 'artifacts', 'upload_mb_s'],
      better: 'higher',
      value: 375,
      times: 1,
    },
    {
      name: 'artifact of 200 MB, down',
      unit: 'MB/s',
      path: ['results', 'artifacts', 'download_mb_s'],
      better: 'higher',
      value: 375,
      times: 1,
    },
    {
      name: 'cold start',
      unit: 'ms',
      path: ['cold_start', 'first_health_200_ms'],
      better: 'lower',
      value: 1500,
    },
    {
      name: 'memory after the load',
      unit: 'MB, all processes',
      path: ['memory_after_load', 'rss_mb'],
      better: 'lower',
      value: 300,
    },
  ];
}

/** The figure at a path; undefined where it was not measured. */
export function findLoad(result: LoadResult, path: readonly string[]): number | undefined {
  let found: unknown = result;
  for (const name of path) found = (found as LoadResult | undefined)?.[name];
  return typeof found === 'number' ? found : undefined;
}
